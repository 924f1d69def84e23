package account

import "testing"

// Connections are counted up to either limit, and no more when they bind or end.
func TestConnectionsLimits(t *testing.T) {
	p := NewConnections(3, 2)
	want := func(what, limit string) {
		t.Helper()
		if got := p.Add(); got != limit {
			t.Errorf("%s: got %q, want %q", what, got, limit)
		}
	}
	want("first", "")
	want("second", "")
	want("third, unbound", "max_unbound")
	p.Bound()
	want("third", "")
	want("fourth", "max_sessions")
	p.Bound()
	want("fourth", "max_sessions")
	p.Remove()
	want("after one has left", "")
	if p.all != 3 || p.unbound != 2 {
		t.Errorf("got %d connections, %d unbound; want 3, 2", p.all, p.unbound)
	}
	p = NewConnections(0, 0)
	for range 100 {
		want("no limit", "")
	}
}
