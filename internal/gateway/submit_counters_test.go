package gateway

import (
	"fmt"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/internal/numbering"
)

// submitsOf returns the counter of an account and a skip.
func submitsOf(t *testing.T, reg *prometheus.Registry, account string, skip numbering.Skip) (n float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range families[0].GetMetric() {
		if l := m.GetLabel(); l[0].GetValue() == account && l[1].GetValue() == skip.String() {
			n += m.GetCounter().GetValue()
		}
	}
	return n
}

// Each account has counters of its own, which all its sessions share. There are only so many of them, because in
// mirror mode the SMSC says who is an account.
func TestSubmitCounters(t *testing.T) {
	reg := prometheus.NewRegistry()
	c := newSubmitCounters(metric.With(reg))
	var sessions sync.WaitGroup
	for session := range uint64(8) {
		sessions.Go(func() {
			c.account("bank").count(session, numbering.Numbered)
			c.account("shop").count(session, numbering.NoRoom)
		})
	}
	sessions.Wait()
	for n := range maxCounted + 5 {
		c.account(fmt.Sprint(n)).count(1, numbering.Multi)
	}
	for _, tt := range []struct {
		account string
		skip    numbering.Skip
		want    float64
	}{
		{"bank", numbering.Numbered, 8},
		{"bank", numbering.NoRoom, 0},
		{"shop", numbering.NoRoom, 8},
		{"0", numbering.Multi, 1},
		{fmt.Sprint(maxCounted + 4), numbering.Multi, 0},
		{othersLabel, numbering.Multi, 7}, // bank and shop came first
	} {
		if got := submitsOf(t, reg, tt.account, tt.skip); got != tt.want {
			t.Errorf("%s, %s: got %v, want %v", tt.account, tt.skip, got, tt.want)
		}
	}
}
