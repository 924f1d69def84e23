// Package simulation runs a ledger, its log and index, the read responses and the feedback in virtual
// time, through many lives of the process, and lets everything around them fail. What happens follows
// from a seed. Package promise judges the history. All of it is tests.
package simulation
