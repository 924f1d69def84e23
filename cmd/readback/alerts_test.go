package main

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// all returns what the first group of a pattern finds in a file.
func all(t *testing.T, path, pattern string) (found []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
		found = append(found, m[1])
	}
	return found
}

// Each alert has its paragraph, in the same order, and each rule is tested, once with a gateway that is well and
// once with one that is not.
func TestAlertsAreExplained(t *testing.T) {
	const rules = "../../deploy/prometheus/alerts.yaml"
	alerts := all(t, rules, `- alert: (\w+)`)
	if explained := all(t, "../../docs/alerts.md", `(?m)^## (\w+)$`); len(alerts) == 0 || !slices.Equal(alerts, explained) {
		t.Errorf("alerts:    %q\nexplained: %q", alerts, explained)
	}
	if tested := all(t, "../../deploy/prometheus/alerts_test.yaml", `alertname: (\w+)`); !slices.Equal(tested, slices.Concat(alerts, alerts)) {
		t.Errorf("alerts: %q\ntested: %q, want each twice", alerts, tested)
	}
}

// The rules ask for metrics that a gateway has.
func TestAlertsAskForMetrics(t *testing.T) {
	var declared []string
	for _, o := range startService(t, nil).metrics.Declared() {
		declared = append(declared, o.Name)
	}
	asked := all(t, "../../deploy/prometheus/alerts.yaml", `\b(readback_\w+?)(?:_bucket)?\b`)
	if len(asked) == 0 {
		t.Fatal("the rules ask for nothing")
	}
	for _, name := range asked {
		if !slices.Contains(declared, name) {
			t.Errorf("the rules ask for %s, which no gateway has", name)
		}
	}
}
