package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// No group of commands takes one that is mistyped for a wish for help.
func TestUnknownCommands(t *testing.T) {
	groups := 0
	eachCommand(newCommand(), func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		if !cmd.HasSubCommands() || cmd.Name() == "config" { // readback config takes the prefix of a key
			return
		}
		groups++
		for _, args := range [][]string{{"nosuch"}, {"nosuch", "more"}, {"nosuch", "--flag"}} {
			out, err := execute(t, append(path, args...)...)
			if out != "" || err == nil || !strings.HasPrefix(err.Error(), `unknown command "nosuch" for `+cmd.CommandPath()+" (hint: ") {
				t.Errorf("%v %v: got %q, %v", path, args, out, err)
			}
		}
	})
	if groups < 10 {
		t.Errorf("got %d groups of commands, want 10 at least", groups)
	}
}

func TestMistypedCommands(t *testing.T) {
	tests := []struct{ args, want string }{
		{"statsu", `unknown command "statsu" for readback (hint: did you mean status?)`},
		{"sim smcs", `unknown command "smcs" for readback sim (hint: did you mean smsc?)`},
		{"sim smcs --addr 127.0.0.1:1", `unknown command "smcs" for readback sim (hint: did you mean smsc?)`},
		{"sessions kikc 5", `unknown command "kikc" for readback sessions (hint: did you mean kick?)`},
		{"completion bsh", `unknown command "bsh" for readback completion (hint: did you mean bash or zsh?)`},
		{"store foo", `unknown command "foo" for readback store (hint: readback store --help lists them)`},
		{"help foo", `unknown command "foo" for readback (hint: readback --help lists them)`},
		{"help sim smcs", `unknown command "smcs" for readback sim (hint: did you mean smsc?)`},
		{"sim --nosuch", "unknown flag: --nosuch (hint: readback sim --help lists the flags)"},
	}
	for _, tt := range tests {
		if out, err := execute(t, strings.Fields(tt.args)...); out != "" || err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %q, %v, want %s", tt.args, out, err, tt.want)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range []string{"", "sim", "log", "store", "help", "help sim", "help sim smsc", "help message"} {
		if out, err := execute(t, strings.Fields(args)...); err != nil || !strings.Contains(out, "Usage:") {
			t.Errorf("readback %s: got %q, %v, want help", args, out, err)
		}
	}
}
