package permit

import (
	"log/slog"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/internal/account"
	"readback/internal/testpeer"
)

// senders reads the setting.
func senders(t *testing.T, texts ...string) (all []account.AddressRange) {
	t.Helper()
	for _, text := range texts {
		var r account.AddressRange
		if err := r.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// An account sends from its own addresses only, in whatever notation: compared as in the ledger.
func TestSender(t *testing.T) {
	own := senders(t, "10690001", "1069200-1069299", "447700900*", "Bank")
	for from, want := range map[string]bool{
		"10690001": true, "+10690001": true, "1069250": true, "447700900123": true, "+447700900123": true, "00447700900123": true,
		"Bank": true, "BANK": true, "bAnK": true,
		"10690002": false, "1069000": false, "106900011": false, "1069300": false, "10692500": false, "447700901123": false,
		"0010690001": true, // a number of that length has the international prefix
		"Banker":     false, "Bank ": false, "Ba": false, "+Bank": false, "Bank\xa0": false, "447700900123456789012": false,
	} {
		f := testpeer.Frame(pdu.SubmitSMID, 0, 2, "WAP\x00\x05\x00"+from+"\x00\x01\x01447700900123\x00")
		for _, g := range []*Gate{NewGate(Options{}), NewGate(Options{Shared: true})} {
			if got := g.Sender(slog.New(slog.DiscardHandler), f, own); got != want {
				t.Errorf("%q, shared %v: got %v, want %v", from, g.shared, got, want)
			}
		}
	}
}

// The sender of each command is looked at where it stands.
func TestSenderOfCommands(t *testing.T) {
	const from, nobody, bad = "\x00\x0110690002\x00", "\x00\x00\x00", "\x00\x0110690001"
	mine := "\x00\x0110690001\x00"
	tests := []struct {
		name string
		id   pdu.ID
		head string // in front of the source_addr
		// what passes of mine, another's, none in mirror mode, and none in shared mode
		want [4]bool
	}{
		{"submit_sm", pdu.SubmitSMID, "\x00", [4]bool{true, false, true, false}},
		{"submit_sm with a service_type", pdu.SubmitSMID, "WAP\x00", [4]bool{true, false, true, false}},
		{"submit_multi", pdu.SubmitMultiID, "\x00", [4]bool{true, false, true, false}},
		{"data_sm", pdu.DataSMID, "\x00", [4]bool{true, false, true, false}},
		{"deliver_sm", pdu.DeliverSMID, "\x00", [4]bool{true, false, true, false}},
		{"broadcast_sm", 0x111, "\x00", [4]bool{true, false, true, false}},
		{"replace_sm", pdu.ReplaceSMID, "4A\x00", [4]bool{true, false, true, true}},
		{"query_sm", pdu.QuerySMID, "4A\x00", [4]bool{true, false, true, true}},
		{"query_broadcast_sm", 0x112, "4A\x00", [4]bool{true, false, true, true}},
		{"cancel_sm", pdu.CancelSMID, "\x004A\x00", [4]bool{true, false, true, true}},
		{"cancel_broadcast_sm", 0x113, "\x004A\x00", [4]bool{true, false, true, true}},
		{"unbind", pdu.UnbindID, "", [4]bool{true, true, true, true}},
		{"of a vendor", 0x00010200, "\x00", [4]bool{true, true, true, true}},
	}
	own, log := senders(t, "10690001"), slog.New(slog.DiscardHandler)
	mirror, shared := NewGate(Options{}), NewGate(Options{Shared: true})
	for _, tt := range tests {
		frame := func(source string) []byte {
			return testpeer.Frame(tt.id, 0, 2, tt.head+source+"\x01\x01447700900123\x00")
		}
		got := [4]bool{
			shared.Sender(log, frame(mine), own), shared.Sender(log, frame(from), own),
			mirror.Sender(log, frame(nobody), own), shared.Sender(log, frame(nobody), own),
		}
		if got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
		cut := testpeer.Frame(tt.id, 0, 2, tt.head+bad)
		if got, want := mirror.Sender(log, cut, own), tt.want[1]; got != want {
			t.Errorf("%s without an end: got %v, want %v", tt.name, got, want)
		}
		if !shared.Sender(log, frame(from), nil) || !shared.Sender(log, frame(nobody), nil) {
			t.Errorf("%s: refused though the account may use any sender", tt.name)
		}
	}
}

func TestSenderCounted(t *testing.T) {
	reg := prometheus.NewRegistry()
	g, log := NewGate(Options{Registerer: reg}), slog.New(slog.DiscardHandler)
	own := senders(t, "10690001")
	foreign := testpeer.Frame(pdu.SubmitSMID, 0, 2, "\x00\x00\x0110690002\x00")
	mine := testpeer.Frame(pdu.SubmitSMID, 0, 2, "\x00\x00\x0110690001\x00")
	g.Sender(log, foreign, own)
	if n := testing.AllocsPerRun(100, func() { g.Sender(log, mine, own) }); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
	if got := testutil.ToFloat64(g.refused.WithLabelValues("sender")); got != 1 {
		t.Errorf("counted %v, want 1", got)
	}
}
