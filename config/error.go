package config

import "readback/internal/setting"

// Error is one thing that is wrong with the configuration.
type Error = setting.Error

// Errors holds everything that is wrong with the configuration.
type Errors = setting.Errors

// place is where a value was given: a line of the file, a variable or a flag.
type place struct {
	file         string
	line, column int
}

// String returns the place as a prefix of a message. It is empty for a default.
func (p place) String() string { return setting.Place(p.file, p.line) }

// problem says what is wrong with a value, and how to fix it.
type problem setting.Problem
