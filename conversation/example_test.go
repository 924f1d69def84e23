package conversation_test

import (
	"fmt"
	"time"

	"readback/conversation"
)

// An ESME sends three messages. Feedback on the second comes before the SMSC's answer
// to the third.
func ExampleBook() {
	book := conversation.New(conversation.Options{})
	nine := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for i, key := range []string{"booked", "reminder", "cancelled"} {
		book.Submitted(conversation.Submit{
			Key: key, Sender: "10690001", Receiver: "+447700900101", At: nine.Add(time.Duration(i) * time.Minute),
		})
	}
	book.Answered("booked", "4A7F01") // submit_sm_resp
	book.Answered("reminder", "4A7F02")

	news, ok := conversation.ParseDeliver(conversation.Deliver{
		ESMClass:     0x08,
		ShortMessage: []byte("readback receiver:447700900101 number:002 status:1 read:2026-11-23T09:05:00Z"),
		TLVs:         map[uint16][]byte{0x001E: []byte("4A7F02\x00"), 0x0427: {2}, 0x0205: {1}},
	})
	fmt.Println(ok, book.Tell(news), book.Tell(news)) // the second time it is nothing new

	book.Answered("cancelled", "4A7F03")
	view, _ := book.Conversation("10690001", "447700900101")
	for i, m := range view.Messages {
		fmt.Printf("%s %v %v: %q\n", m.Key, m.MessageIDs, m.State, view.Mark(i))
	}

	// Output:
	// true true false
	// booked [4A7F01] sent: ""
	// reminder [4A7F02] read: "read"
	// cancelled [4A7F03] sent: "sent"
}
