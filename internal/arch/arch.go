// Package arch holds the test of the layers: which package may import which. It
// has no code of its own.
package arch
