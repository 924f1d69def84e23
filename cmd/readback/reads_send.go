package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/handset"
	"readback/relay/message"
)

func readsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "reads", Short: "Send read responses"}
	cmd.AddCommand(readsSendCommand())
	return cmd
}

func readsSendCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "send --receiver NUMBER --number N",
		Short: "Send one read response, as a handset would, and print the verdict",
		Long: `Sends a read response to the HTTP interface, at --url or the reads.addr of the
configuration, and prints the verdict. Exits 0 if it was accepted.`,
		Args: cobra.NoArgs,
	}
	config.RegisterFlags(cmd.Flags())
	apiFlags(cmd)
	flags := cmd.Flags()
	texts := map[string]*string{
		"receiver": flags.String("receiver", "", "who has read it"),
		"sender":   flags.String("sender", "", "who sent it; may be left out if only one conversation has that number outstanding"),
		"read_at":  flags.String("read-at", "", "when, as in RFC 3339; empty is now"),
		"proof":    flags.String("proof", "", "the proof of the element"),
		"id":       flags.String("id", "", "the same in repetitions"),
	}
	number := flags.Uint16("number", 0, "of the message in its conversation")
	status := flags.Uint8("status", message.StatusRead, "1 read, 2 deleted unread, 0 not read yet")
	_, _ = cmd.MarkFlagRequired("receiver"), cmd.MarkFlagRequired("number") // they are there
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		response := map[string]any{"number": *number, "status": *status}
		for key, text := range texts {
			if *text != "" {
				response[key] = *text
			}
		}
		return sendRead(cmd, response)
	}
	return cmd
}

// sendRead sends a read response and prints the verdict.
func sendRead(cmd *cobra.Command, response map[string]any) error {
	a, err := openAPI(cmd)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if _, err := a.do(cmd.Context(), http.MethodPost, "/v1/reads", response, &answer); err != nil {
		return err
	}
	var v handset.Verdict
	if err := json.Unmarshal(answer, &v); err != nil {
		return fmt.Errorf("answer of the gateway: %w", err)
	}
	if !v.Accepted() {
		return verdictError(answer)
	}
	say(cmd.OutOrStdout(), "%s\n", verdictText(v))
	return nil
}
