/** The fields of one message, each to be taken by whoever carries it: what nobody took is lost, and says so. */

export interface Untaken {
  /** `generationConfig.topK` */
  readonly path: string
  readonly value: unknown
}

export class Fields<Message extends object> {
  readonly path: string
  readonly #message: Message
  readonly #taken = new Set<string>()

  /** `path` is the message's own, empty for the request itself. */
  constructor(message: Message | undefined, path: string) {
    this.#message = message ?? ({} as Message)
    this.path = path
  }

  /** Whoever asks answers for the field: carries it, reports it or refuses it. */
  take<Key extends keyof Message & string>(key: Key): Message[Key] | undefined {
    this.#taken.add(key)
    return this.#message[key]
  }

  /** Only looks. */
  peek<Key extends keyof Message & string>(key: Key): Message[Key] | undefined {
    return this.#message[key]
  }

  /** The same message with other values of these fields, and nothing of it taken. */
  with(changes: Partial<Message>): Fields<Message> {
    return new Fields({ ...this.#message, ...changes }, this.path)
  }

  pathOf(key: keyof Message & string): string {
    return this.path === '' ? key : `${this.path}.${key}`
  }

  untaken(): readonly Untaken[] {
    return Object.entries(this.#message)
      .filter(([key, value]) => value !== undefined && !this.#taken.has(key))
      .map(([key, value]) => ({ path: this.pathOf(key as keyof Message & string), value }))
  }
}
