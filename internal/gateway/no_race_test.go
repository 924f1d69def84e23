//go:build !race

package gateway

// 27,000 now. 35,000 if the sessions wait on stacks of 8 KiB; see smpp.Session.Run.
const mostIdleOctets = 31_000
