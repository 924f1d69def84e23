package gateway

import "testing"

// In mirror mode there is no pool to wait for.
func TestReadyInMirrorMode(t *testing.T) {
	g, err := New(func() Options { o := DefaultOptions(); o.SMSC = "smsc:1"; return o }(), fakeLedger{})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Ready(); err != nil {
		t.Errorf("Ready: got %v, want nil", err)
	}
}
