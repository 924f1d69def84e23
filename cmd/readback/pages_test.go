package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/internal/docpage"
)

// parse returns the command that args call, without running it. Within a sentence a command may lack arguments.
func parse(args []string, inline bool) (*cobra.Command, error) {
	root := newCommand()
	cmd, rest, err := root.Find(args)
	if err != nil {
		return nil, err
	}
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		return nil, err
	}
	rest = cmd.Flags().Args()
	if inline && (!cmd.HasSubCommands() || len(rest) == 0) {
		return cmd, nil
	}
	return cmd, cmd.ValidateArgs(rest)
}

// TestCommandsOfThePages: each command in README.md and docs is one that exists, with these flags and arguments.
func TestCommandsOfThePages(t *testing.T) {
	for _, c := range commandsOfThePages(t) {
		if _, err := parse(c.Args, c.Inline); err != nil {
			t.Errorf("%s: readback %s: %v", c.at, strings.Join(c.Args, " "), err)
		}
	}
}

// TestMisspeltCommands shows that a slip on a page is found.
func TestMisspeltCommands(t *testing.T) {
	for line, ok := range map[string]bool{
		"status": true, "statis": false, "status --jsn": false, "status now": false,
		"dead": true, "dead lst": false, "dead list": true, "dead list [--full]": false,
		"sessions kick 12": true, "sessions kik 12": false, "sessions kick": false,
		"--version": true, "check --help": true, "help": true,
	} {
		commands := docpage.New("page.md", "```\nreadback "+line+"\n```\n").Commands()
		if len(commands) != 1 {
			t.Errorf("%s: got %d commands", line, len(commands))
			continue
		}
		if _, err := parse(commands[0].Args, false); (err == nil) != ok {
			t.Errorf("%s: got %v", line, err)
		}
	}
}

// TestSettingsOfThePages: the examples of configurations on the pages have settings and values that exist. They may
// lack others, and name files that are not here.
func TestSettingsOfThePages(t *testing.T) {
	known := regexp.MustCompile(`(?m)^(listen|smsc|track|feedback|reads|relay|log|ops|accounts):`)
	checked := 0
	for _, p := range pagesOfThisRelease(t) {
		for _, b := range p.Blocks() {
			if text := strings.Join(b.Lines, "\n"); b.Language == "yaml" && known.MatchString(text) {
				checked++
				for _, problem := range slips(t, text) {
					t.Errorf("%s:%d: %v", p.Path, b.Line+problem.Line-1, problem)
				}
			}
		}
	}
	if checked < 5 {
		t.Errorf("%d examples, want more: are the blocks found?", checked)
	}
	if got := slips(t, "listen: {adr: x}\ntrack: {when: often}\nreads: {tls: {cert: /none}}"); len(got) != 2 {
		t.Errorf("two slips: got %v", got)
	}
}

// slips returns the errors of a configuration that are about names of settings and their values.
func slips(t *testing.T, text string) (all []*config.Error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "readback.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(file, nil)
	var found config.Errors
	if err != nil && !errors.As(err, &found) {
		t.Fatal(err)
	}
	for _, e := range found {
		if strings.Contains(e.Problem, "unknown") {
			all = append(all, e)
		}
	}
	return all
}

// onPage is a command and where it stands.
type onPage struct {
	docpage.Command
	at string
}

func commandsOfThePages(t *testing.T) (all []onPage) {
	t.Helper()
	for _, p := range pagesOfThisRelease(t) {
		for _, c := range p.Commands() {
			all = append(all, onPage{c, fmt.Sprintf("%s:%d", p.Path, c.Line)})
		}
	}
	if len(all) < 50 {
		t.Errorf("%d commands, want more: are the blocks found?", len(all))
	}
	return all
}
