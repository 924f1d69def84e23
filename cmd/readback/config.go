package main

import (
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"readback/internal/operator"
)

// configCommand is readback config show, and the group of the commands about the configuration.
func configCommand() *cobra.Command {
	cmd := configShowCommand()
	cmd.Use, cmd.Short = "config [KEY-PREFIX]", "Show the settings of a running gateway, and where each comes from"
	cmd.AddCommand(configShowCommand(), configSchemaCommand())
	return cmd
}

func configShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show [KEY-PREFIX]",
		Short: "Show the settings in force, and where each comes from",
		Long: `Shows the settings in force of the gateway at --ops, or the ops.addr of the configuration:
each with its value, where that was given (file and line, variable, flag or default), whether
a reload changes it, and what it was when the gateway began or will be after a restart. Of
secrets it says only whether they are set. Accounts show what they have for themselves.
readback check --show shows the same of a file, without a gateway.`,
		Args: cobra.MaximumNArgs(1),
	}
	askFlags(cmd)
	changed := cmd.Flags().Bool("changed", false, "only what differs since the gateway began")
	asJSON := cmd.Flags().Bool("json", false, "a line of JSON for each, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		query := url.Values{}
		if *changed {
			query.Set("changed", "true")
		}
		if len(args) > 0 {
			query.Set("key", args[0])
		}
		show := newSettings(cmd.OutOrStdout(), *asJSON)
		found := 0
		err := eachSetting(cmd, query, func(s operator.Setting) error {
			found++
			return showSetting(show, &s)
		})
		if err == nil && found == 0 && !*changed {
			err = fmt.Errorf("no setting begins with %s; readback check --docs lists all", args[0])
		}
		return show.end(err)
	}
	return cmd
}

// eachSetting calls f with each setting of a running gateway that the query selects.
func eachSetting(cmd *cobra.Command, query url.Values, f func(operator.Setting) error) error {
	return eachItem(cmd, "/v1/config", query, func(p *operator.Settings) ([]operator.Setting, string) { return p.Settings, p.Next }, f)
}

// newSettings lists settings.
func newSettings(to io.Writer, asJSON bool) *listing {
	return newListing(to, asJSON, "KEY", "VALUE", "SOURCE", "CHANGE", "NOTE")
}

func showSetting(show *listing, s *operator.Setting) error {
	change, note := "restart", ""
	if s.Live {
		change = "reload"
	}
	switch {
	case s.AtStart != nil:
		note = "at start: " + orEmpty(*s.AtStart)
	case s.Pending != nil:
		note = "after a restart: " + orEmpty(*s.Pending)
	}
	return show.add(s, s.Key, orEmpty(s.Value), s.Source, change, note)
}

// orEmpty shows a value that is empty as the file would have it.
func orEmpty(value string) string {
	if value == "" {
		return `""`
	}
	return value
}
