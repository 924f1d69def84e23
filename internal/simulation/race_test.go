//go:build race

package simulation

// raced says that the race detector is on: the runtime then schedules at random.
const raced = true
