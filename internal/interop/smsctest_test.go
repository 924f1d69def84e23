//go:build e2e

package interop

import (
	"context"
	"strings"
	"testing"

	"readback/smpp"
	"readback/smsctest"
)

// TestSMSCTest has clients of other makers before the SMSC that others test theirs with: they meet a scenario, a
// message of a subscriber, receipts, and an SMSC that unbinds.
func TestSMSCTest(t *testing.T) {
	for name, file := range map[string]string{"perl": "perl/client.pl", "node": "node/client.js"} {
		t.Run(name, func(t *testing.T) {
			smsc := smsctest.Start(t, smsctest.Options{
				Accounts: map[string]string{account: password},
				Scenario: `
rules:
  - {text: "late", delay: 200ms, receipt: {state: UNDELIV, message_id: decimal, copies: 2}}
  - {text: "bye", answer: unbind}
  - {times: 1, status: ESME_RTHROTTLED}`,
			})
			port := smsc.Addr()[strings.LastIndexByte(smsc.Addr(), ':')+1:]
			meet(t, smsc, start(t, name, file, port))
		})
	}
}

// meet has the client bind and send messages until the SMSC unbinds.
func meet(t *testing.T, smsc *smsctest.SMSC, client *process) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	client.command("bind_transceiver", fields{"system_id": account, "password": password, "interface_version": smpp.InterfaceVersion34})
	client.event(ctx, "response")
	long := smsctest.MO{From: to.Addr, To: from.Addr, Text: strings.Repeat("Long. ", 30)}
	for _, text := range []string{"Hi", "Hi", "late", "bye"} {
		client.command("submit_sm", submitted(fields{"short_message": text, "registered_delivery": 1}))
		got, err := smsc.Expect(ctx, smsctest.Match{Text: text, Sender: from.Addr})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(got)
		if text == "Hi" {
			if err := smsc.Inject(ctx, long); err != nil {
				t.Error(err)
			}
		}
	}
	// Two messages of two parts, and the receipts: of one message, and of the late one twice. That of the last one may come too late.
	for command, n := range map[string]int{"deliver_sm_resp": 2*2 + 1 + 2, "unbind_resp": 1} {
		if _, err := smsc.Received(ctx, command, n); err != nil {
			t.Error(err)
		}
	}
	if all, err := smsc.Received(ctx, "generic_nack", 0); err != nil || len(all) > 0 {
		t.Errorf("the client refused %+v, %v", all, err)
	}
}
