package config

import "testing"

// TestEmptyConfigFlag: --config "$FILE" with FILE unset must not start a gateway with all defaults.
func TestEmptyConfigFlag(t *testing.T) {
	_, err := load(t, "", "--config", "")
	if want := "--config: no file (hint: the path of one; without --config, the defaults hold)"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
