package index

import (
	"log/slog"
	"testing"

	"readback/relay/journal"
)

func applyRoute(t *testing.T, ix *Index, day uint16, account, id string) {
	t.Helper()
	a := &Applier{Index: ix, Expired: 100}
	b := journal.AppendRoute(journal.AppendHeader(nil, journal.Header{Epoch: 1, Serial: uint64(day)}), day, account, []byte(id))
	if _, err := a.Apply(uint64(day), journal.Seal(b), false); err != nil {
		t.Fatal(err)
	}
}

func TestRoutesExpire(t *testing.T) {
	ix, err := Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Close() }()
	applyRoute(t, ix, 99, "bank", "expired before it came")
	applyRoute(t, ix, 101, "bank", "both")
	applyRoute(t, ix, 100, "shop", "both")
	applyRoute(t, ix, 100, "shop", "old")
	tests := []struct {
		name   string
		expire uint16
		id     string
		want   string
	}{
		{"expired before it came", 0, "expired before it came", ""},
		{"newest day", 0, "both", "bank"},
		{"still there", 100, "old", "shop"},
		{"expired", 101, "old", ""},
		{"newest day is left", 101, "both", "bank"},
		{"all expired", 102, "both", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := ix.Expire(tt.expire); err != nil {
				t.Fatal(err)
			}
			if got, err := ix.Route([]byte(tt.id), 105, 10); got != tt.want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
