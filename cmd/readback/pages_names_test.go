package main

import (
	"regexp"
	"strings"
	"testing"

	"readback/config"
)

// inlineNames calls f with each word in code within the sentences and tables of the pages.
func inlineNames(t *testing.T, f func(at, name string)) {
	t.Helper()
	code := regexp.MustCompile("`([^`]+)`")
	for _, p := range pagesOfThisRelease(t) {
		p.Prose(func(at, text string) {
			for _, m := range code.FindAllStringSubmatch(text, -1) {
				f(at, m[1])
			}
		})
	}
}

// TestKeysOfThePages: each setting that a page names exists, or is the beginning of the names of several.
func TestKeysOfThePages(t *testing.T) {
	known := make(map[string]bool)
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-zA-Z0-9_.]+)`").FindAllStringSubmatch(config.Reference(), -1) {
		for key := row[1]; key != ""; {
			known[key] = true
			i := max(strings.LastIndexByte(key, '.'), 0)
			key = key[:i]
		}
	}
	setting := regexp.MustCompile(`^(?:listen|smsc|track|feedback|reads|relay|log|ops|accounts)(?:\.(?:NAME|SYSTEM_ID|[a-z0-9_]+))+(?:: |$)`)
	inlineNames(t, func(at, name string) {
		key := strings.TrimSuffix(setting.FindString(name), ": ")
		key = strings.Replace(key, "accounts.NAME", "accounts.SYSTEM_ID", 1)
		if key != "" && !known[key] && !strings.HasSuffix(key, ".go") {
			t.Errorf("%s: there is no setting %s", at, key)
		}
	})
}

// TestMetricsOfThePages: each metric that a page names exists.
func TestMetricsOfThePages(t *testing.T) {
	known := make(map[string]bool)
	for _, o := range startService(t, nil).metrics.Declared() {
		known[o.Name] = true
	}
	metric := regexp.MustCompile(`^readback_[a-z_]+`)
	inlineNames(t, func(at, name string) {
		name = metric.FindString(name)
		for _, of := range []string{"_bucket", "_count", "_sum"} { // the series of a histogram
			name = strings.TrimSuffix(name, of)
		}
		if name != "" && !known[name] {
			t.Errorf("%s: there is no metric %s", at, name)
		}
	})
}
