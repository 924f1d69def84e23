package relay

import "testing"

// TestWaiterIsToldOnce takes the index away: what is in the log cannot be brought in, the
// ledger is down for good, and who waits is told as often as without.
func TestWaiterIsToldOnce(t *testing.T) {
	r := start(t, testOptions(t))
	c := conversation(t, "10690001", "447700900123")
	s := message(c)
	if err := r.Ledger().Assign(s); err != nil {
		t.Fatal(err)
	}
	r.index.mu.Lock()
	db := r.index.db
	r.index.db = nil
	r.index.mu.Unlock()
	told := make(logged, 2)
	r.Ledger().Accept(s, []byte("A"), told, 1)
	receive(t, told)
	if err := r.stop(); err == nil {
		t.Error("the loss of the index was not told")
	}
	_ = db.Close()
	if n := len(told); n > 0 {
		t.Errorf("told %d more times, want once in all", n)
	}
}
