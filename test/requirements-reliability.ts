/** What Wasat promises when something fails, or somebody wants it to. */
import { promises, type Requirement } from './promises.ts'

export const RELIABILITY_REQUIREMENTS: readonly Requirement[] = [
  ...promises('issue: never down, never fooled', {
    'NEV-01': 'a request makes at most three attempts, whoever fails and wherever',
    'NEV-02':
      'waits have jitter, keep to what the upstream asked for and to the deadline, and end when the client leaves',
    'NEV-03': 'retries never make more than a fifth of the load on an upstream',
    'NEV-04': 'a kept-alive socket that was closed in the meantime costs nobody an error',
    'NEV-10':
      'consecutive failures open a breaker for one upstream, model and key; one probe at a time closes it',
    'NEV-11': 'a limit parks what it names, and nothing else',
    'NEV-12': 'operators see how their upstreams fare, and can test them',
    'NEV-20': 'targets are tried in order, by weight, by price or by speed, as the operator says',
    'NEV-21': 'an unhealthy target is asked last, and never forgotten',
    'NEV-22': 'when a model cannot be had, another one answers if the operator says so',
    'NEV-23': 'a conversation stays with the target that knows it, and says when it could not',
    'NEV-24': 'what would happen to a model’s name can be asked, with reasons',
    'NEV-25': 'a key or a project can have routes of its own, and nobody else is led by them',
    'NEV-30': 'what an upstream says of when to come back is understood, and absurdities are not obeyed',
    'NEV-31': 'an answer that is none is never passed on for one',
    'NEV-32': 'a compressed answer is decoded within bounds, or refused',
    'NEV-40':
      'every connection is opened by one function, which judges each address that a name leads to when it is dialled',
    'NEV-41': 'a credential goes to the origin that it was given for, and nowhere else',
    'NEV-42': 'a loop of gateways ends',
    'NEV-43': 'every timeout, size and count is a named, documented setting',
    'NEV-44': ['what the process holds is bounded, and new bodies get 503 before its memory runs out', 'P06'],
    'NEV-45': ['a process that did not get to run says so, and is not ready for a while', 'P07 U36'],
    'NEV-46': 'a request that is sent again under its own key is done once and billed once',
    'NEV-50': 'the whole corpus of bad input is refused as the catalogue says',
    'NEV-51': 'JSON is read as the public parsing corpus says',
    'NEV-52': 'generated input never crashes, never costs seconds, never reaches an upstream',
    'NEV-60': 'upstream faults end as the catalogue says, for client, upstream and ledger',
    'NEV-61': 'client faults end as the catalogue says',
    'NEV-62': 'process faults end as the catalogue says',
    'NEV-63': 'operators see what each fault would do to their own configuration, at no risk',
    'NEV-64': 'secrets planted everywhere are found nowhere',
    'NEV-70':
      'while the first target is down, 99.9 % are served, no upstream sees 1.2 times the load, and nobody storms it when it is back',
    'NEV-71':
      'replicas behind a plain TCP balancer are restarted one after the other without a failed request',
    'NEV-72':
      'whatever fails, and together, each answer is on the ledger once, at the upstream’s price, and no reservation stays open',
    'NEV-73': 'memory, descriptors and sockets stay flat under load, faults and failing dependencies',
  }),
]
