//go:build race

package gateway

// The race detector needs larger stacks: 41,000 now.
const mostIdleOctets = 48_000
