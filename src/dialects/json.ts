/** What every whole answer of ours says that it is. */
export const JSON_TYPE = 'application/json; charset=UTF-8'
