/** What the parts of a request are made with. */
import type { Report } from '../../nouns/report.ts'
import type { VendorFlags } from './vendor.ts'

export interface MessageContext {
  readonly flags: VendorFlags
  readonly report: Report
  /** `image_url.detail`, for all images. */
  readonly detail: string | undefined
}
