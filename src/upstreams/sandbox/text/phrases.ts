/** What the sandbox says, as templates: `{topic}` is what the prompt is about, `{a}` and `{b}` are words out of it. */

/** Before candidates 1 to 7, so that no two candidates of an answer are alike. */
export const CANDIDATE_LEADS: readonly string[] = [
  '',
  'Sure. ',
  'Of course. ',
  'Happy to help. ',
  'Let me put it this way: ',
  'Here is another take: ',
  'Good question. ',
  'Certainly. ',
]

export const GREETINGS: readonly string[] = [
  'Hello! How can I help you today?',
  'Hi there! What can I do for you?',
  'Hello! What would you like to talk about?',
  'Hi! It is good to hear from you. How can I help?',
  'Hello, and welcome. What is on your mind?',
]

export const JOKES: readonly string[] = [
  'Why do programmers mix up Halloween and Christmas? Because OCT 31 equals DEC 25.',
  'There are 10 kinds of people: those who read binary, and those who do not.',
  'A byte walks into a bar and looks pale. “Parity error,” it says. “I feel a bit off.”',
  'Why was the computer cold? Somebody had left its windows open.',
]

export const THANKS: readonly string[] = [
  'You are welcome! Is there anything else?',
  'My pleasure. Let me know if you need anything else.',
  'Glad I could help!',
]

/** After an answer that does not vary by itself. */
export const FOLLOW_UPS: readonly string[] = [
  '',
  ' Would you like to know more?',
  ' Shall I go into detail?',
  ' Ask me if you want an example.',
  ' Let me know if a part is unclear.',
  ' There is more to it, if you are curious.',
]

export const OPENINGS: readonly string[] = [
  'Here is a short answer about {topic}.',
  '{Topic}: let us take it step by step.',
  'There are a few things worth knowing about {topic}.',
  'Let us look at {topic} in plain words.',
  'On {topic}, the main points are quickly told.',
  'With {topic}, most of it comes down to {a} and {b}.',
]

export const SENTENCES: readonly string[] = [
  'The first thing to look at is {a}, because the rest follows from there.',
  'Much depends on how {a} and {b} act together.',
  'A simple example of {a} says more than a definition would.',
  'Most people begin with {b} and come back to {a} later.',
  'It helps to keep {a} apart from {b}.',
  'A change in {a} will usually show in {b} as well.',
  'After a close look at {b}, there is little mystery left.',
  'In practice, {a} can matter more than one would think.',
  'There are exceptions, and they mostly concern {b}.',
  'A good next step is to try it with one small case of {a}.',
  'What remains is a matter of practice and of patience.',
  'Details differ from case to case, but the idea stays the same.',
  'It is worth writing down what you already know about {b}.',
  'Small steps work better here than one large leap.',
]

export const CLOSINGS: readonly string[] = [
  'That is the heart of the matter.',
  'If you want more detail, ask about {a}.',
  'I can go deeper into {b} if you like.',
  'Tell me which part you would like to look at next.',
]

export const BRIEFS: readonly string[] = [
  '{Topic}: it comes down to {a} and {b}.',
  'In a few words: first {a}, then {b}.',
  '{Topic}: start with {a}, and {b} will follow.',
]

export const LIST_ITEMS: readonly string[] = [
  'the meaning of {a}, and why it matters',
  'the part that {b} can play',
  'the usual way to begin',
  'a common mistake with {a}',
  'an example with {b}',
  'what to look at next',
  'the place where {a} and {b} meet',
  'how to tell that it works',
]

export const POEM_LINES: readonly string[] = [
  'Above the quiet hills, {topic},',
  'a little light on {a} tonight,',
  'the world slows down and softly sings',
  'of {b}, of wind, of distant things,',
  'and what was far comes into sight,',
  'and what was dark grows clear and bright,',
  'until the morning, slow and wide,',
  'lays {a} and {b} side by side.',
]

export const THOUGHT_HEADINGS: readonly string[] = [
  'Considering',
  'Thinking about',
  'Breaking down',
  'Exploring',
]

export const THOUGHT_SENTENCES: readonly string[] = [
  'The user wants to know about {topic}.',
  'I should look at {a} first and then at {b}.',
  'A short and clear answer will serve best.',
  'I will check that nothing about {a} is left out.',
]
