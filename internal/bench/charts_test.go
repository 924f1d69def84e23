package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fullReport has a table of each part.
func fullReport() Report {
	r := testReport()
	with := func(s Setup, samples ...Sample) Row { return Row{Setup: s, Samples: samples} }
	s := sample(1000, 10, time.Millisecond)
	r.add(Reads, "reads", []Row{with(Setup{Way: ReadArrays, Release: This, Window: 16}, s)})
	r.add(Paced, "2000 a second", []Row{with(Setup{Way: Direct, Rate: 2000}, s), with(Setup{Way: Tracked, Release: This, Rate: 2000}, s)})
	for _, part := range []Part{Conversations, Binds, Octets} {
		r.add(part, "growth with "+string(part), []Row{
			with(Setup{Way: Tracked, Release: This, Case: "1"}, s), with(Setup{Way: Tracked, Release: Against, Case: "1"}, sample(1000, 20, time.Millisecond)),
			with(Setup{Way: Tracked, Release: This, Case: "9"}, s), with(Setup{Way: Tracked, Release: Against, Case: "9"}, sample(1000, 30, time.Millisecond)),
		})
	}
	r.add(Record, "on record", []Row{
		with(Setup{Way: Tracked, Release: This, Record: 9, Case: caseKnown}, s),
		with(Setup{Way: Tracked, Release: This, Record: 9, Case: caseNew}, sample(1000, 13, time.Millisecond)),
	})
	r.Idle = []Idle{
		{Release: This, CPU: 0.5, Resident: 40e6, InUse: 10e6, Goroutines: 70},
		{Release: This, Sessions: 1000, CPU: 1, Resident: 80e6, InUse: 40e6, Goroutines: 5070, SessionBytes: 30_000, SessionGoroutines: 5},
	}
	return r
}

func TestDrawings(t *testing.T) {
	all := fullReport().drawings()
	var files []string
	for _, d := range all {
		files = append(files, d.file)
		if _, err := d.SVG(); err != nil {
			t.Errorf("%s: %v", d.file, err)
		}
	}
	want := []string{"window-16.svg", "reads.svg", "paced-2000.svg", "conversations.svg", "binds.svg", "octets.svg", "record.svg", "rates.svg"}
	if !slices.Equal(files, want) {
		t.Errorf("got %q, want %q", files, want)
	}
	if got, want := fmt.Sprint(all[0].Labels, all[0].Series), "[haproxy tracked tracked, against receipts] [{CPU [3 10 20 40]}]"; got != want {
		t.Errorf("costs: got %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(all[2].Labels, all[2].Series), "[direct tracked] [{p50 [1 1]} {p99 [3 3]} {p99.9 [9 9]} {longest [20 20]}]"; got != want {
		t.Errorf("latencies: got %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(all[3].Labels, all[3].Series), "[1 9] [{this [10 10]} {against [20 30]}]"; got != want {
		t.Errorf("cases: got %s, want %s", got, want)
	}
}

func TestWriteCharts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "charts")
	if err := fullReport().WriteCharts(dir); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 8 {
		t.Errorf("got %v, %v; want 8 files", files, err)
	}
}

func TestRecordRatio(t *testing.T) {
	r := fullReport()
	rows := r.Tables[len(r.Tables)-1].Rows
	if rows[1].Ratios == nil || rows[1].Ratios.CPUToKnown != 1.3 || rows[0].Ratios != nil {
		t.Errorf("got %+v and %+v, want 1.3 and none", rows[1].Ratios, rows[0].Ratios)
	}
}

func TestPage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte("# Before\n"+pageBegin+"old\n"+pageEnd+"## After\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second run finds what the first one has written
		if err := fullReport().WritePage(file, "performance"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "page.md", got)
	if err := os.WriteFile(file, []byte("# No marks\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fullReport().WritePage(file, ""); err == nil || !strings.Contains(err.Error(), "to put the tables between") {
		t.Errorf("got %v, want an error about the marks", err)
	}
}
