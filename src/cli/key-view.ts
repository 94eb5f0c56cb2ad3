/** Keys as the commands see them, whichever way they came. */

/** A key as the admin API shows it. */
export interface KeyView {
  readonly id: string
  readonly name: string
  /** Globs over model names; empty means every model. */
  readonly models: readonly string[]
  readonly disabled: boolean
  /** RFC 3339. */
  readonly createdAt: string
  readonly updatedAt: string
  readonly hint?: string
}

export interface KeyWithSecret {
  readonly key: KeyView
  /** The whole `wst_…` key; shown once and kept nowhere. */
  readonly secret: string
}

export interface KeyAccess {
  list(): Promise<readonly KeyView[]>
  get(id: string): Promise<KeyView>
  create(name: string, models: readonly string[]): Promise<KeyWithSecret>
  setDisabled(id: string, disabled: boolean): Promise<KeyView>
  rotate(id: string): Promise<KeyWithSecret>
  remove(id: string): Promise<void>
  close(): Promise<void>
}
