// Loaded before the gateway by the test of P10: the program itself has no door for this.
process.on('SIGUSR2', () => {
  Promise.reject(new Error(`nobody catches this, and it holds ${process.env.WASAT_KEY}`))
})
