package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// planned lists the setups of a plan in short.
func planned(t *testing.T, opt Options, haproxy string) (all []string) {
	t.Helper()
	opt.Binary = "readback"
	opt, err := opt.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{opt: opt, haproxy: haproxy}
	for _, p := range b.plan() {
		for _, s := range p.setups {
			all = append(all, fmt.Sprintf("%s: %s w%d c%d", p.kind, s.name(), s.Window, s.Conversations))
		}
	}
	return all
}

func TestPlan(t *testing.T) {
	small := Options{Windows: []int{1, 9}, Conversations: 50}
	with := func(change func(*Options)) Options {
		o := small
		change(&o)
		return o
	}
	tests := []struct {
		name    string
		opt     Options
		haproxy string
		want    string
	}{
		{
			"ordinary", with(func(o *Options) { o.Windows = []int{9}; o.Ways = []Way{HAProxy, Tracked, ReadSingle} }), "haproxy",
			"windows: haproxy w9 c50; windows: tracked w9 c50; reads: read single w9 c50",
		},
		{
			"without HAProxy", with(func(o *Options) { o.Ways = []Way{HAProxy, Tracked} }), "",
			"windows: tracked w1 c50; windows: tracked w9 c50",
		},
		{"rate", with(func(o *Options) { o.Rate = 100; o.Ways = []Way{Direct, Receipts} }), "", "paced: direct w9 c50; paced: receipts w9 c50"},
		{"hot", with(func(o *Options) { o.Hot = true }), "", "hot: tracked w9 c1"},
		{"record and idle alone", with(func(o *Options) { o.Record, o.Idle = 10, 10 }), "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(planned(t, tt.opt, tt.haproxy), "; "); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestPlanAll measures everything, and the other release beside this one.
func TestPlanAll(t *testing.T) {
	all := planned(t, Options{All: true, Against: "/bin/sh"}, "haproxy")
	for _, want := range []string{
		"windows: direct w1 c100000", "windows: haproxy w256 c100000", "windows: receipts, against w16 c100000",
		"reads: read arrays w16 c100000", "reads: read single, against w16 c100000", "reads: read nats w16 c100000", "reads: read mqtt w16 c100000", "paced: tracked w256 c100000",
		"paced: receipts, against w256 c100000", "hot: tracked w16 c1",
		"conversations: tracked, 1000000 conversations w16 c1000000", "binds: tracked, against, 64 binds w16 c100000",
		"octets: tracked, 154 octets w16 c100000",
	} {
		if !slices.Contains(all, want) {
			t.Errorf("%q is not planned", want)
		}
	}
	i := slices.Index(all, "windows: tracked w16 c100000")
	if i < 0 || all[i+1] != "windows: tracked, against w16 c100000" {
		t.Errorf("the releases are not measured in turn: %q", all)
	}
	o, err := Options{All: true, Binary: "readback"}.withDefaults()
	if err != nil || o.Record != allRecord || o.Idle != allIdle {
		t.Errorf("got %+v, %v; want conversations on record and idle sessions", o, err)
	}
}

// TestRounds measures all setups in each round before the next.
func TestRounds(t *testing.T) {
	b := &bench{opt: Options{Rounds: 2, Progress: new(strings.Builder)}, loads: 4}
	var order []string
	p := part{
		kind: Windows, title: "test", setups: []Setup{{Way: Direct}, {Way: Tracked}},
		each: func(_ *bench, _ context.Context, s Setup) (Sample, error) {
			order = append(order, string(s.Way))
			return sample(float64(len(order)), 1, time.Millisecond), nil
		},
	}
	rows, err := p.run(t.Context(), b)
	if err != nil || strings.Join(order, " ") != "direct tracked direct tracked" {
		t.Errorf("got %q, %v", order, err)
	}
	if len(rows) != 2 || rows[1].Samples[0].PerSecond != 2 || rows[1].Samples[1].PerSecond != 4 {
		t.Errorf("got %+v, want the samples of each row", rows)
	}
}

// TestGoesOn measures the other parts when one fails, and says in the end what has failed.
func TestGoesOn(t *testing.T) {
	var progress strings.Builder
	b := &bench{opt: Options{Rounds: 1, Progress: &progress}}
	works := func(*bench, context.Context, Setup) (Sample, error) { return sample(1, 1, time.Second), nil }
	fails := func(*bench, context.Context, Setup) (Sample, error) { return Sample{}, errors.New("out of luck") }
	setups := []Setup{{Way: Direct}}
	parts := []part{{Windows, "first", setups, works, nil}, {Reads, "second", setups, fails, nil}, {Hot, "third", setups, works, nil}}
	var r Report
	err := b.runParts(t.Context(), parts, &r)
	if err == nil || err.Error() != "second: direct: out of luck" || !strings.Contains(progress.String(), "out of luck") {
		t.Errorf("got %v, want what has failed", err)
	}
	if len(r.Tables) != 2 || r.Tables[1].Title != "third" {
		t.Errorf("got %+v, want the first and the third table", r.Tables)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r = Report{}
	_ = b.runParts(ctx, parts, &r)
	if len(r.Tables) != 1 {
		t.Errorf("interrupted: got %d tables, want no more than the one under way", len(r.Tables))
	}
}
