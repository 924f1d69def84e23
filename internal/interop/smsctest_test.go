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
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			smsc := smsctest.Start(t, smsctest.Options{
				Accounts: map[string]string{account: password},
				Scenario: `
rules:
  - {text: "late", delay: 200ms, receipt: {state: UNDELIV, message_id: decimal, copies: 2}}
  - {text: "bye", answer: unbind}
  - {times: 1, status: ESME_RTHROTTLED}`,
			})
			port := smsc.Addr()[strings.LastIndexByte(smsc.Addr(), ':')+1:]
			client := start(t, name, file, port)
			client.command("bind_transceiver", fields{"system_id": account, "password": password, "interface_version": smpp.InterfaceVersion34})
			client.event(ctx, "response")
			for _, text := range []string{"Hi", "Hi", "late", "bye"} {
				client.command("submit_sm", submitted(fields{"short_message": text, "registered_delivery": 1}))
				got, err := smsc.Expect(ctx, smsctest.Match{Text: text, Sender: from.Addr})
				if err != nil {
					t.Fatal(err)
				}
				t.Log(got)
				switch text {
				case "Hi":
					if err := smsc.Inject(ctx, smsctest.MO{From: to.Addr, To: from.Addr, Text: strings.Repeat("Long. ", 30)}); err != nil {
						t.Error(err)
					}
				case "late":
					if _, err := smsc.Received(ctx, "deliver_sm_resp", 7); err != nil { // 4 of messages, 1 and 2 of receipts
						t.Error(err)
					}
				}
			}
			if _, err := smsc.Received(ctx, "unbind_resp", 1); err != nil {
				t.Error(err)
			}
			if all, err := smsc.Received(ctx, "generic_nack", 0); err != nil || len(all) > 0 {
				t.Errorf("the client refused %+v, %v", all, err)
			}
		})
	}
}
