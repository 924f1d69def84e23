package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"readback/config"
)

// sourceDate is the variable with the time, in seconds since 1970, that builds show instead of the present,
// so that two builds of one commit are the same.
const sourceDate = "SOURCE_DATE_EPOCH"

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the man pages of all commands and of the configuration",
		Long: `Writes a man page of each command (section 1) and one of the configuration
(section 5) into a directory that exists. Their date is that of SOURCE_DATE_EPOCH,
if it is set.`,
		Hidden: true, // packages have the pages
		Args:   cobra.ExactArgs(1),
		RunE:   func(cmd *cobra.Command, args []string) error { return writeManPages(cmd.Root(), args[0]) },
	}
}

// writeManPages writes the man pages of root and the commands below it, and that of the configuration.
func writeManPages(root *cobra.Command, dir string) error {
	date, err := buildDate()
	if err != nil {
		return err
	}
	root.DisableAutoGenTag = true // or each page ends with the day on which it was made
	header := &doc.GenManHeader{Section: "1", Date: &date, Source: "Readback " + version(), Manual: "Readback"}
	if err := doc.GenManTree(root, header, dir); err != nil {
		return fmt.Errorf("man pages: %w", err)
	}
	page := md2man.Render([]byte(settingsPage(header.Source, date)))
	return os.WriteFile(filepath.Join(dir, "readback.yaml.5"), page, 0o600)
}

// buildDate returns the time that SOURCE_DATE_EPOCH says, or the present one.
func buildDate() (time.Time, error) {
	text, ok := os.LookupEnv(sourceDate)
	if !ok {
		return time.Now(), nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", sourceDate, err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// settingsPage returns the man page of the configuration, as Markdown for md2man.
func settingsPage(source string, date time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%% \"READBACK.YAML\" \"5\" \"%s\" \"%s\" \"Readback\"\n", date.Format("Jan 2006"), source)
	b.WriteString(settingsIntroduction)
	for _, row := range config.Settings() {
		fmt.Fprintf(&b, "**%s** (%s; %s)\n: %s\n\n", row.Key, row.Default, row.Change, row.Meaning)
	}
	b.WriteString("# SEE ALSO\n**readback-check(1)**, **readback-serve(1)**, **readback-reload(1)**\n")
	return b.String()
}

const settingsIntroduction = `# NAME
readback.yaml \- configuration of the Readback gateway

# DESCRIPTION
The gateway reads one file of YAML, which --config or the variable READBACK_CONFIG names. Each key below is a path
in it: **track.carriage** is the key carriage in the section track. A variable such as READBACK_TRACK_CARRIAGE
overrides the file, and --set track.carriage=auto overrides both. **readback check** says what is wrong, with
the line and a hint; **readback check --sample** prints a file with all keys and their defaults.

# SETTINGS
In parentheses are the default, and whether a change takes effect at a reload or at a restart.

`
