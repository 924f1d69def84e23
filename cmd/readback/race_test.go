//go:build race

package main

// raced reports that the race detector is in the program, which then takes seconds to start.
const raced = true
