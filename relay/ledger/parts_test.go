package ledger

import (
	"strconv"
	"testing"

	"readback/relay/journal"
	"readback/relay/relaytest"
	"readback/smpp/receipt"
)

func TestSameID(t *testing.T) {
	base := func(receipt, message []byte) bool { // dec and hex
		want, err := strconv.ParseUint(string(message), 16, 64)
		return err == nil && string(receipt) == strconv.FormatUint(want, 10)
	}
	tests := []struct {
		name             string
		same             func(receipt, message []byte) bool
		receipt, message string
		want             bool
	}{
		{"equal", nil, "4A7F01", "4A7F01", true},
		{"none, another case", nil, "4a7f01", "4A7F01", false},
		{"default, another case", receipt.SameID, "4a7f01", "4A7F01", true},
		{"default, leading zeros", receipt.SameID, "4A7F01", "004A7F01", true},
		{"default, another base", receipt.SameID, "4882177", "4A7F01", false},
		{"another base", base, "4882177", "4A7F01", true},
		{"other way round", base, "4A7F01", "4882177", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opt := ledgerOptionsOfTest()
			opt.SameID = tt.same
			r := runLedgerOn(t, new(journal.Memory), t.TempDir(), opt)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			r.submit(c, tt.message)
			r.CatchUp()
			p, _, err := r.Find(&c, []byte(tt.receipt))
			if err != nil || (p != nil) != tt.want {
				t.Errorf("got %v, %v, want it found: %v", p, err, tt.want)
			}
		})
	}
}
