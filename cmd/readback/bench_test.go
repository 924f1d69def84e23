package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
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
	text, report := runBench(t, "--window", "4", "--against", program)
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
	} {
		if !seen[want] || !strings.Contains(text, strings.Fields(want)[0]) {
			t.Errorf("no row for %s in\n%s", want, text)
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
	} {
		cmd := newCommand()
		cmd.SetArgs(append([]string{"bench"}, strings.Fields(args)...))
		if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", args, err, want)
		}
	}
}
