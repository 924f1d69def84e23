package ledger

import (
	"testing"

	"readback/relay/journal"
	"readback/relay/relaytest"
	"readback/smpp/receipt"
)

// A message is found by the message_id of its receipt, as the SMSC writes it there.
func TestFindComparesIDs(t *testing.T) {
	numbers := receipt.IDs{Response: receipt.Hex, Receipt: receipt.Decimal}
	tests := []struct {
		name             string
		ids              receipt.IDs
		receipt, message string
		want             bool
	}{
		{"equal", receipt.IDs{}, "4A7F01", "4A7F01", true},
		{"another case", receipt.IDs{}, "4a7f01", "4A7F01", true},
		{"leading zeros", receipt.IDs{}, "4A7F01", "004A7F01", true},
		{"another base", receipt.IDs{}, "4882177", "4A7F01", false},
		{"another base, which is set", numbers, "4882177", "4A7F01", true},
		{"other way round", numbers, "4A7F01", "4882177", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opt := ledgerOptionsOfTest()
			opt.IDs = tt.ids
			r := runLedgerOn(t, new(journal.Memory), t.TempDir(), opt)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			r.submit(c, tt.message)
			r.CatchUp()
			p, _, err := r.Find("bank", &c, []byte(tt.receipt))
			if err != nil || (p != nil) != tt.want {
				t.Errorf("got %v, %v, want it found: %v", p, err, tt.want)
			}
			// So are messages of which the index has no more than their entry.
			if p, _, err = r.findEntry(&c, []byte(tt.receipt)); err != nil || (p != nil) != tt.want {
				t.Errorf("entry: got %v, %v, want it found: %v", p, err, tt.want)
			}
		})
	}
}
