package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"readback/relay/feedback"
	"readback/relay/message"
)

// deadCommand is readback dead list, and the group of the commands about dead letters.
func deadCommand() *cobra.Command {
	cmd := deadListCommand()
	cmd.Use, cmd.Args = "dead", noOther
	cmd.Short = "List, show, replay or drop dead letters: feedback that was given up"
	cmd.Long = `Asks the gateway, at --ops or the ops.addr of the configuration, about dead letters:
feedback that its ESME or webhook refused for good, or that waited for longer than
feedback.keep. They are kept for 7 days. Without a command below it lists them.`
	cmd.AddCommand(deadListCommand(), deadShowCommand(),
		deadChangeCommand("replay", "Put dead letters back into the queues of their accounts", http.MethodPost, "/v1/dead/replay"),
		deadChangeCommand("drop", "Forget dead letters", http.MethodDelete, "/v1/dead"))
	return cmd
}

// deadPage is an answer of GET /v1/dead.
type deadPage struct {
	Letters []feedback.DeadLetter
	Next    string
}

// chosen holds the flags that select dead letters.
type chosen struct {
	account, event *string
	full, all      *bool
}

func choosing(cmd *cobra.Command) chosen {
	askFlags(cmd)
	return chosen{
		account: cmd.Flags().String("account", "", "those of this `SYSTEM_ID`"),
		event:   cmd.Flags().String("event", "", "the one of this event `ID`"),
	}
}

func (c chosen) values() url.Values {
	v := url.Values{}
	if *c.account != "" {
		v.Set("account", *c.account)
	}
	if *c.event != "" {
		v.Set("event", *c.event)
	}
	for name, flag := range map[string]*bool{"full": c.full, "all": c.all} {
		if flag != nil && *flag {
			v.Set(name, "true")
		}
	}
	return v
}

// none is the error that there is no dead letter of the event that was named.
func (c chosen) none() error { return fmt.Errorf("there is no dead letter of event %s", *c.event) }

// eachDead calls f with each dead letter that c selects.
func eachDead(cmd *cobra.Command, c chosen, f func(*feedback.DeadLetter) error) error {
	return eachItem(cmd, "/v1/dead", c.values(), func(p *deadPage) ([]feedback.DeadLetter, string) { return p.Letters, p.Next },
		func(d feedback.DeadLetter) error { return f(&d) })
}

func deadListCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List dead letters, a line each, the oldest first", Args: cobra.NoArgs}
	c := choosing(cmd)
	c.full = cmd.Flags().Bool("full", false, "show subscribers' numbers whole")
	asJSON := cmd.Flags().Bool("json", false, "a line of JSON for each, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		show := newListing(cmd.OutOrStdout(), *asJSON, "TIME", "ACCOUNT", "EVENT", "TRIES", "SENDER", "RECEIVER", "NUMBER", "REASON")
		err := eachDead(cmd, c, func(d *feedback.DeadLetter) error {
			var fb message.Feedback
			_ = json.Unmarshal(d.Feedback, &fb) // one that cannot be read is left out
			return show.add(d, d.Time.Format(time.RFC3339), d.Account, d.Event, d.Tries,
				fb.Sender, fb.Receiver, fb.Number, d.Reason)
		})
		return show.end(err)
	}
	return cmd
}

func deadShowCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "show --event ID", Short: "Show a dead letter with its feedback, in JSON", Args: cobra.NoArgs}
	c := choosing(cmd)
	c.full = cmd.Flags().Bool("full", false, "show subscribers' numbers whole")
	asJSON := cmd.Flags().Bool("json", false, "in one line")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *c.event == "" {
			return errors.New("which one: --event ID")
		}
		shown := 0
		err := eachDead(cmd, c, func(d *feedback.DeadLetter) error {
			shown++
			if *asJSON {
				return sayJSON(cmd, d)
			}
			text, err := json.MarshalIndent(d, "", "  ")
			say(cmd.OutOrStdout(), "%s\n", text)
			return err
		})
		if err == nil && shown == 0 {
			return c.none()
		}
		return err
	}
	return cmd
}

func deadChangeCommand(use, short, method, path string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use + " {--account SYSTEM_ID | --event ID | --all}",
		Short: short,
		Long:  short + ". Exits 1 if there is none of --event; of an account, or of all, there may be none.",
		Args:  cobra.NoArgs,
	}
	c := choosing(cmd)
	c.all = cmd.Flags().Bool("all", false, "all of them")
	asJSON := cmd.Flags().Bool("json", false, "JSON, in place of the line for people")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *c.account == "" && *c.event == "" && !*c.all {
			return errors.New("which ones: --account SYSTEM_ID, --event ID or --all")
		}
		gateway, err := openOps(cmd)
		if err != nil {
			return err
		}
		count := 0
		err = eachPageOf(cmd.Context(), gateway, method, path, c.values(), func(answer []byte) (string, error) {
			var done struct {
				Count int
				Next  string
			}
			err := json.Unmarshal(answer, &done)
			count += done.Count
			return done.Next, err
		})
		if err == nil && count == 0 && *c.event != "" {
			return c.none()
		}
		if *asJSON {
			return errors.Join(err, sayJSON(cmd, map[string]int{"count": count}))
		}
		say(cmd.OutOrStdout(), "%d dead letter(s): %s\n", count, use)
		return err
	}
	return cmd
}
