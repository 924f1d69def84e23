package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"readback/internal/setting"
)

// TestManyMistakes: a file with a mistake on each line gets a bounded number of errors, and the first have hints.
func TestManyMistakes(t *testing.T) {
	for name, line := range map[string]string{"unknown keys": "  addr%d: x\n", "given twice": "  addr: x\n"} {
		var b strings.Builder
		b.WriteString("listen:\n")
		for i := range 1000 {
			fmt.Fprint(&b, strings.ReplaceAll(line, "%d", fmt.Sprint(i)))
		}
		_, err := load(t, b.String())
		all, _ := errors.AsType[Errors](err)
		if len(all) != setting.MaxErrors+1 || all.Count() != 1000 {
			t.Fatalf("%s: got %d errors, a count of %d; want %d and 1000", name, len(all), all.Count(), setting.MaxErrors+1)
		}
		for _, e := range all {
			if e.Hint == "" {
				t.Errorf("%s: no hint: %v", name, e)
			}
		}
	}
}

func TestManyWarnings(t *testing.T) {
	var b strings.Builder
	b.WriteString("accounts:\n")
	for i := range 150 {
		fmt.Fprintf(&b, "  a%d: {addresses: [\"%d\"]}\n", i, 1000+i)
	}
	cfg, err := load(t, b.String())
	if n := len(cfg.Warnings); err != nil || n != setting.MaxErrors+1 || cfg.Warnings[n-1] != "and 50 more" {
		t.Errorf("got %d warnings, %v, the last %q", n, err, cfg.Warnings[max(n-1, 0):])
	}
}

// TestAliasOfItself: an alias within what it stands for is an error, not an endless list.
func TestAliasOfItself(t *testing.T) {
	_, err := load(t, "listen:\n  allow: &a [10.0.0.1, *a]\n")
	if err == nil || !strings.Contains(err.Error(), ":2: an alias within what it stands for") {
		t.Errorf("got %v", err)
	}
}
