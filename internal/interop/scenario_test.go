//go:build e2e

package interop

import (
	"slices"
	"strings"
	"testing"

	"readback/internal/gateway"
	"readback/internal/simulator"
	"readback/smpp"
)

// scenario is played twice, without and with the gateway.
type scenario struct {
	smsc     func() simulator.Options // asked once for each run; nil: the zero value
	policies gateway.Policies         // the zero value tracks everything, by the element

	// startSMSC starts another maker's SMSC in place of the simulator and returns
	// its address.
	startSMSC func(t *testing.T) string
	// play is what the peers do. It returns what they saw, the feedback left out,
	// when all of them have left.
	play func(w *world) []string

	// numbered is how many messages the gateway is to number.
	numbered int
	// renumbered is how many requests leave with another sequence_number, since an
	// equal one awaits its response.
	renumbered int
	// blur puts constants for what a peer or the clock chooses anew in each run; a
	// copy is its own to change. Nil blurs nothing.
	blur func(f smpp.Frame) smpp.Frame
	// hasty says that the peer does not wait for the last responses before it goes.
	hasty bool
}

// run plays the scenario both ways and compares.
func (s *scenario) run(t *testing.T) {
	t.Helper()
	var direct, gated run
	ok := t.Run("direct", func(t *testing.T) { direct = s.runOnce(t, false) }) &&
		t.Run("gateway", func(t *testing.T) { gated = s.runOnce(t, true) })
	if !ok {
		return
	}
	s.compareLines(t, gated)
	s.compareRuns(t, direct, gated)
}

// run is what was seen in one of the two.
type run struct {
	saw         []string
	front, back []traffic
}

func (s *scenario) runOnce(t *testing.T, gated bool) run {
	smsc := ""
	if s.startSMSC != nil {
		smsc = s.startSMSC(t)
	}
	w := newWorld(t, gated, s, smsc)
	saw := s.play(w)
	w.stop()
	r := run{saw, w.front.traffic(t), w.back.traffic(t)}
	for _, side := range [][]traffic{r.front, r.back} {
		slices.SortStableFunc(side, byBind)
		for i := range side {
			side[i] = side[i].ofPeers(s.hasty)
		}
	}
	return r
}

// byBind orders connections by their bind, so that those of two runs can be
// told apart when several were opened at once.
func byBind(a, b traffic) int { return strings.Compare(firstFrame(a), firstFrame(b)) }

func firstFrame(t traffic) string {
	if len(t.up) == 0 {
		return ""
	}
	f := slices.Clone(t.up[0])
	f.SetSeq(0)
	return string(f)
}

// compareLines holds what went into the gateway against what came out, octet for
// octet and in order.
func (s *scenario) compareLines(t *testing.T, r run) {
	t.Helper()
	if len(r.front) != len(r.back) {
		t.Fatalf("connections of ESMEs: %d, connections to the SMSC: %d", len(r.front), len(r.back))
	}
	var c crossing
	for i := range r.front {
		c.renumbered = map[uint32]uint32{}
		c.compareUp(t, r.front[i].up, r.back[i].up)
		c.compareDown(t, r.back[i].down, r.front[i].down)
	}
	if c.numbered != s.numbered {
		t.Errorf("numbered messages: got %d, want %d", c.numbered, s.numbered)
	}
	if c.changedSeqs != s.renumbered {
		t.Errorf("requests with another sequence_number: got %d, want %d", c.changedSeqs, s.renumbered)
	}
}

// compareRuns holds what the peers did and saw without the gateway against the
// same with it.
func (s *scenario) compareRuns(t *testing.T, direct, gated run) {
	t.Helper()
	for i := range max(len(direct.saw), len(gated.saw)) {
		if g, d := blurDates(at(gated.saw, i)), blurDates(at(direct.saw, i)); g != d {
			t.Errorf("the peer saw as number %d with the gateway:\n%s\nand without:\n%s", i+1, g, d)
			break
		}
	}
	if len(direct.saw) == 0 {
		t.Error("the peer saw nothing")
	}
	if len(direct.front) != len(gated.front) {
		t.Fatalf("connections: got %d, without the gateway %d", len(gated.front), len(direct.front))
	}
	for i := range direct.front {
		for _, responses := range []bool{false, true} {
			d, g := direct.front[i], gated.front[i]
			s.compareFrames(t, "to the SMSC", only(g.up, responses), only(d.up, responses))
			s.compareFrames(t, "to the ESME", only(g.down, responses), only(d.down, responses))
		}
	}
}

func at(lines []string, i int) string {
	if i >= len(lines) {
		return "nothing"
	}
	return lines[i]
}

// only returns the responses, or the requests: how the two interleave in one
// direction is up to the peers.
func only(all []smpp.Frame, responses bool) []smpp.Frame {
	return slices.DeleteFunc(slices.Clone(all), func(f smpp.Frame) bool { return f.IsResponse() != responses })
}

func (s *scenario) compareFrames(t *testing.T, way string, got, want []smpp.Frame) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		g, w := blurReceipt(got[i]), blurReceipt(want[i])
		if s.blur != nil {
			g, w = s.blur(g), s.blur(w)
		}
		if string(g) != string(w) {
			t.Errorf("PDU %d %s with the gateway:\n% x\nand without:\n% x", i+1, way, g, w)
			break
		}
	}
	if len(got) != len(want) {
		t.Errorf("PDUs %s: got %s, without the gateway %s", way, names(got), names(want))
	}
}
