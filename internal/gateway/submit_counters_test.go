package gateway

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/internal/numbering"
	"readback/internal/simulator"
)

// submitsOf returns the counter of an account and a skip.
func submitsOf(t *testing.T, reg *prometheus.Registry, account string, skip numbering.Skip) (n float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range families[1].GetMetric() { // behind readback_numbered_total
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

// Numbered messages are counted by how the number travels, and whether they were split; parts count with their whole.
func TestCarriagesCounted(t *testing.T) {
	w := serve(t, setup{policy: numbering.Policy{When: numbering.All, Overflow: numbering.SplitNoRoom}, ledger: splittingLedger().fakeLedger})
	esme, smsc := w.bind(simulator.Bind{})
	esme.Send(text(receiver, 1))
	smsc.Next("by element")
	esme.Send(long(2, 0))
	for range 3 {
		smsc.Next("a part")
	}
	w.Use(Policies{Default: Account{Policy: numbering.Policy{When: numbering.All, Carriage: numbering.ByMarker, Overflow: numbering.SplitNoRoom}}})
	esme.Send(text(receiver, 3))
	smsc.Next("by marker")
	esme.Send(long(4, 0))
	for range 2 {
		smsc.Next("a part")
	}
	counts := make(map[string]float64)
	w.series("readback_numbered_total", func(labels []string, value float64) {
		slices.Sort(labels) // account, carriage, split
		counts[strings.Join(labels, " ")] += value
	})
	for _, labels := range []string{"carriage=udh split=no", "carriage=udh split=yes", "carriage=text split=no", "carriage=text split=yes"} {
		if got := counts["account=bank "+labels]; got != 1 {
			t.Errorf("%s: got %v, want 1", labels, got)
		}
	}
	all := w.Accounts()
	if a := all[0]; a.ByElement != 2 || a.ByMarker != 2 || a.Split != 2 || a.Submits[numbering.Numbered] != 4 {
		t.Errorf("got %+v, want two of each, and four in all", a)
	}
}
