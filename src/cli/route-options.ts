/** Routes of a key or project as options. */
import { type Command, InvalidArgumentError } from 'commander'
import type { RoutesView } from './admin-views.ts'
import { plain } from './output.ts'

/** False takes them all away. */
export interface RouteOptions {
  readonly route?: RoutesView | false
}

export function addRouteOption(command: Command, mayClear: boolean): Command {
  const instead = mayClear ? ', instead of those before' : ''
  command.option(
    '--route <name=model>',
    `where a model name or glob leads: another name, or upstream/model and more with commas between${instead}; repeatable`,
    collectRoute,
  )
  return mayClear ? command.option('--no-route', 'every name leads where it leads for all') : command
}

function collectRoute(text: string, previous: RoutesView | boolean = {}): RoutesView {
  const before = typeof previous === 'boolean' ? {} : previous
  const at = text.indexOf('=')
  const name = text.slice(0, at)
  const places = text.slice(at + 1).split(',')
  if (at < 1 || places.includes(''))
    throw new InvalidArgumentError('Give a name and where it leads, such as fast=google/gemini-2.5-flash.')
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`The name ${plain(name)} is given twice.`)
  return { ...before, [name]: places.length === 1 ? text.slice(at + 1) : places }
}

/** As the admin API takes them. */
export function routesOf({ route }: RouteOptions): RoutesView | undefined {
  return route === false ? {} : route
}

/** `fast → google/gemini-2.5-flash, slow → a, then b`. */
export function routesText(routes: RoutesView): string {
  const texts = Object.entries(routes).map(([name, to]) => `${name} → ${placesText(to)}`)
  return texts.length === 0 ? 'none' : texts.join('; ')
}

export function placesText(to: string | readonly string[]): string {
  return typeof to === 'string' ? to : to.join(', then ')
}
