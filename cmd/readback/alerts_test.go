package main

import (
	"encoding/json"
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

// Rules and dashboard ask for metrics that a gateway has.
func TestMetricsThatAreAskedFor(t *testing.T) {
	var declared []string
	for _, o := range startService(t, nil).metrics.Declared() {
		declared = append(declared, o.Name)
	}
	for _, path := range []string{"../../deploy/prometheus/alerts.yaml", "../../deploy/grafana/readback.json"} {
		asked := all(t, path, `\b(readback_\w+?)(?:_bucket)?\b`)
		if len(asked) == 0 {
			t.Errorf("%s asks for nothing", path)
		}
		for _, name := range asked {
			if !slices.Contains(declared, name) {
				t.Errorf("%s asks for %s, which no gateway has", path, name)
			}
		}
	}
}

// The dashboard is JSON that Grafana can import; no two panels have the same number.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile("../../deploy/grafana/readback.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		UID, Title string
		Panels     []struct {
			ID          int
			Type, Title string
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil || d.UID == "" || len(d.Panels) == 0 {
		t.Fatalf("got %+v, %v", d, err)
	}
	ids := make(map[int]bool)
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || (len(p.Targets) == 0) != (p.Type == "row") {
			t.Errorf("panel %d, %q: got %+v", p.ID, p.Title, p)
		}
		ids[p.ID] = true
	}
}
