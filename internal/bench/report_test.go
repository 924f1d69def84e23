package bench

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample returns a sample with values that are easy to tell apart.
func sample(rate, cpu float64, p50 time.Duration) Sample {
	return Sample{
		Messages: 1000, PerSecond: rate, P50: p50, P99: 3 * p50, P999: 9 * p50, Max: 20 * p50,
		Target: cpu, Load: 1, Sink: 2, Resident: 50e6,
	}
}

// testReport is a report of two rounds.
func testReport() Report {
	r := Report{
		At: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), This: "readback v2", Against: "readback v1", HAProxy: "HAProxy version 3",
		System: "linux/amd64", Processors: 2, Time: 3 * time.Second, Rounds: 2,
	}
	row := func(w Way, rel Release, samples ...Sample) Row {
		return Row{Setup: Setup{Way: w, Release: rel, Window: 16, Binds: 4, Conversations: 100}, Samples: samples}
	}
	direct := sample(100_000, 0, 100*time.Microsecond)
	direct.Resident = 0
	dropping := sample(10_000, 40, time.Millisecond)
	dropping.Dropped, dropping.Lost = 7, 3
	r.add(Windows, "window 16, 4 binds, 100 conversations", []Row{
		row(Direct, "", direct, direct),
		row(HAProxy, "", sample(50_000, 2, 200*time.Microsecond), sample(40_000, 4, 400*time.Microsecond)),
		row(Tracked, This, sample(20_000, 8, 600*time.Microsecond), sample(20_000, 12, 800*time.Microsecond)),
		row(Tracked, Against, sample(10_000, 16, time.Millisecond), sample(10_000, 24, time.Millisecond)),
		row(Receipts, This, dropping),
		row(Receipts, Against), // interrupted before
	})
	return r
}

// golden compares got with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := testReport().WriteText(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.txt", b.Bytes())
}

func TestJSON(t *testing.T) {
	text, err := json.MarshalIndent(testReport(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", append(text, '\n'))
}

// TestCompare compares round by round.
func TestCompare(t *testing.T) {
	rows := testReport().Tables[0].Rows
	if len(rows) != 5 {
		t.Fatalf("got %d rows, want those with samples", len(rows))
	}
	tracked := rows[2]
	if want := (Ratios{CPUToHAProxy: 3.5, P50ToHAProxy: 2.5, CPUToAgainst: 0.5, RateToAgainst: 2}); *tracked.Ratios != want {
		t.Errorf("got %+v, want %+v", *tracked.Ratios, want)
	}
	if got, want := tracked.Added.P50, 600*time.Microsecond; got != want {
		t.Errorf("added p50: got %v, want %v", got, want)
	}
	if rows[0].Added != nil || rows[0].Ratios != nil || rows[1].Ratios != nil || rows[3].Ratios.CPUToAgainst != 0 {
		t.Error("a row is compared with itself")
	}
}

func TestMiddle(t *testing.T) {
	for _, tt := range []struct {
		all  []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1}, 5}, {[]float64{9, 1, 2}, 2}} {
		if got := middle(tt.all); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.all, got, tt.want)
		}
	}
}
