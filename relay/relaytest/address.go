// Package relaytest has what the tests of relay and of its packages share.
package relaytest

import (
	"fmt"
	"testing"

	"readback/relay/message"
)

// Addr returns an address in its normal form.
func Addr(t testing.TB, s string) message.Addr {
	t.Helper()
	a, err := message.NormalAddr(s)
	if err != nil {
		t.Fatalf("address %q: %v", s, err)
	}
	return a
}

// Conversation returns the conversation of two addresses.
func Conversation(t testing.TB, sender, receiver string) message.Conversation {
	return message.Conversation{Sender: Addr(t, sender), Receiver: Addr(t, receiver)}
}

// Conversations returns n conversations in an order of their own.
func Conversations(t testing.TB, n int) []message.Conversation {
	all := make([]message.Conversation, n)
	for i := range all {
		all[i] = Conversation(t, "10690001", fmt.Sprintf("861380%07d", (i*7919)%n))
	}
	return all
}
