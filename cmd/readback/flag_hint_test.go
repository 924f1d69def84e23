package main

import (
	"io"
	"testing"
)

func TestFlagHint(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"check", "--confg", "x"}, "unknown flag: --confg (hint: did you mean --config?)"},
		{[]string{"check", "--track.when=all"}, "unknown flag: --track.when (hint: --set track.when=VALUE sets a key of the configuration)"},
		{[]string{"serve", "--carriage"}, "unknown flag: --carriage (hint: readback serve --help lists the flags)"},
		{[]string{"version", "--track.when"}, "unknown flag: --track.when (hint: readback version --help lists the flags)"},
		{[]string{"--verison"}, "unknown flag: --verison (hint: did you mean --version?)"},
		{[]string{"check", "--config"}, "flag needs an argument: --config"},
		{[]string{"check", "-q"}, "unknown shorthand flag: 'q' in -q"},
	} {
		cmd := newCommand()
		cmd.SetArgs(tt.args)
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		if err := cmd.Execute(); err == nil || err.Error() != tt.want {
			t.Errorf("%v: got %v, want %s", tt.args, err, tt.want)
		}
	}
}
