/** How names of models may look where an operator writes them. */

/** Letters, digits and what model ids use; `*` is the glob. Nothing that means something in a URL or a regular expression. */
export const MODEL_GLOB_PATTERN = '^[A-Za-z0-9*][A-Za-z0-9*._:@/+-]{0,254}$'
export const MODEL_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,254}$'
export const MODEL_NAME_SHAPE = 'a model name of letters, digits and ._:@/+-'
