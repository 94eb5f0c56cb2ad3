/** Names and words that made-up values take. All people, firms and addresses are invented. */

export const GIVEN_NAMES: readonly string[] =
  'Alice Daniel Maria James Sofia Omar Emma Lucas Aisha Noah Elena David'.split(' ')
export const FAMILY_NAMES: readonly string[] =
  'Johnson Rossi Nguyen Smith Garcia Yilmaz Martin Weber Khan Silva Petrova Brown'.split(' ')

/** Capital, country, its code, currency, language, latitude, longitude. */
export const CITIES = [
  ['Paris', 'France', 'FR', 'EUR', 'French', 48.8566, 2.3522],
  ['Tokyo', 'Japan', 'JP', 'JPY', 'Japanese', 35.6762, 139.6503],
  ['London', 'United Kingdom', 'GB', 'GBP', 'English', 51.5074, -0.1278],
  ['Rome', 'Italy', 'IT', 'EUR', 'Italian', 41.9028, 12.4964],
  ['Berlin', 'Germany', 'DE', 'EUR', 'German', 52.52, 13.405],
  ['Ottawa', 'Canada', 'CA', 'CAD', 'English', 45.4215, -75.6972],
  ['Cairo', 'Egypt', 'EG', 'EGP', 'Arabic', 30.0444, 31.2357],
  ['Ankara', 'Türkiye', 'TR', 'TRY', 'Turkish', 39.9334, 32.8597],
] as const

export const COMPANIES: readonly string[] = [
  'Northwind Labs',
  'Blue Harbor Ltd',
  'Cedar Systems',
  'Bright Fields',
  'Lumen Works',
]
export const PRODUCTS: readonly string[] = [
  'Wireless Headphones',
  'Desk Lamp',
  'Travel Mug',
  'Running Shoes',
  'Notebook Set',
]
export const COLORS: readonly string[] = ['blue', 'green', 'red', 'orange', 'purple', 'teal']
export const JOBS: readonly string[] = ['Software Engineer', 'Teacher', 'Nurse', 'Designer', 'Accountant']
export const STREETS: readonly string[] = ['Main Street', 'Oak Avenue', 'Station Road', 'Garden Lane']
export const DAYS: readonly string[] = 'Monday Tuesday Wednesday Thursday Friday'.split(' ')
export const MONTHS: readonly string[] = 'January March May July September November'.split(' ')
export const INGREDIENTS: readonly string[] = ['2 cups flour', '1 cup sugar', '2 eggs', '1 teaspoon salt']
/** For where the amount has a property of its own. */
export const FOODS: readonly string[] = ['flour', 'sugar', 'eggs', 'salt', 'butter', 'milk']
export const STEPS: readonly string[] = [
  'Gather everything that is needed.',
  'Work through the parts one at a time.',
  'Check the result.',
  'Put everything back in its place.',
]
