package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"readback/internal/bench"
)

// asCommand is set in the environment of processes that a test starts of its own program: they are the
// commands of readback.
const asCommand = "RUN_AS_READBACK"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runBench runs the command with a few messages in each load, and returns what it printed and its report.
func runBench(t *testing.T, args ...string) (string, bench.Report) {
	t.Helper()
	if raced {
		t.Skip("dozens of processes, each with the race detector")
	}
	t.Setenv(asCommand, "yes")
	file := filepath.Join(t.TempDir(), "bench.json")
	cmd := newCommand()
	var out, progress bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&progress)
	cmd.SetArgs(append([]string{"bench", "--messages", "200", "--conversations", "50", "--binds", "2", "--json", file}, args...))
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report bench.Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	return out.String(), report
}

// TestBench sends messages through each way. The benchmark fails by itself when messages are not answered, or
// not numbered where they should be.
func TestBench(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, report := runBench(t, "--window", "4", "--against", program, "--label", "the new one")
	if report.This != "the new one" || !strings.HasPrefix(report.Against, "readback ") {
		t.Errorf("got releases %q and %q", report.This, report.Against)
	}
	if len(report.Tables) == 0 {
		t.Fatalf("no tables in %s", text)
	}
	seen := make(map[string]bool)
	for _, table := range report.Tables {
		for _, r := range table.Rows {
			seen[strings.TrimSpace(string(r.Way)+" "+string(r.Release))] = true
			if r.Messages < 50 || r.PerSecond <= 0 || r.P50 <= 0 || r.Max < r.P999 || r.Load <= 0 || r.Lost != 0 {
				t.Errorf("%s: got %+v, want all messages", r.Way, r.Sample)
			}
		}
	}
	for _, want := range []string{
		"direct", "relay", "untracked this", "untracked against", "tracked this", "tracked against", "receipts this", "receipts against",
		"read arrays this", "read arrays against", "read single this", "read single against",
	} {
		if !seen[want] || !strings.Contains(text, strings.Fields(want)[0]) {
			t.Errorf("no row for %s in\n%s", want, text)
		}
	}
}

// TestBenchCharges sends enough for the relay, HAProxy and the gateway to use processor time, which shows that
// the messages went through them.
func TestBenchCharges(t *testing.T) {
	_, report := runBench(t, "--window", "16", "--ways", "direct,relay,haproxy,untracked", "--messages", "100000")
	rows := report.Tables[0].Rows
	if len(rows) < 3 {
		t.Fatalf("got %d rows", len(rows))
	}
	for _, r := range rows {
		if (r.Target > 0.1) != (r.Way != bench.Direct) || r.Sink < 0.1 {
			t.Errorf("%s: got %.2f µs for each message, and %.2f of the sink", r.Way, r.Target, r.Sink)
		}
	}
}

// TestBenchParts runs the parts that are asked for by themselves.
func TestBenchParts(t *testing.T) {
	dir := t.TempDir()
	_, report := runBench(t, "--window", "4", "--ways", "tracked", "--rate", "2000", "--hot", "--record", "300", "--idle", "3",
		"--time", "1ms", "--charts", dir)
	var parts []bench.Part
	for _, table := range report.Tables {
		parts = append(parts, table.Part)
	}
	if want := []bench.Part{bench.Paced, bench.Hot, bench.Record}; !slices.Equal(parts, want) {
		t.Fatalf("got parts %q, want %q", parts, want)
	}
	record := report.Tables[2].Rows
	if len(record) != 3 || record[2].Ratios == nil || record[2].Ratios.CPUToKnown < 0 {
		t.Errorf("got %+v, want known, evicted and new ones", record)
	}
	if len(report.Idle) != 2 || report.Idle[1].Sessions != 3 || report.Idle[1].SessionGoroutines < 1 || report.Idle[1].SessionBytes <= 0 {
		t.Errorf("idle: got %+v, want none and 3 sessions", report.Idle)
	}
	for _, file := range []string{"paced-2000.svg", "record.svg"} {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			t.Error(err)
		}
	}
}

func TestBenchRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"--window 0":                "window 0 is outside",
		"--octets 155":              "more has no room for a number",
		"--ways train":              `there is no way "train"`,
		"--against no-such-program": "build the other release",
		"--binds 20000":             "1…10000",
		"--from no-such-file":       "--from: open",
		"--page no-such-page.md":    "no-such-page.md: no such file",
		"--dir no-such-dir":         "--dir: stat",
	} {
		cmd := newCommand()
		cmd.SetArgs(append([]string{"bench"}, strings.Fields(args)...))
		if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", args, err, want)
		}
	}
}
