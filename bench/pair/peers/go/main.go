// A pair as in a tutorial, with Go's standard library: users and orders in memory; orders calls users.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
)

type user struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

type order struct {
	ID     string  `json:"id"`
	UserID string  `json:"user_id"`
	Amount float64 `json:"amount"`
}

var users = []user{
	{ID: "1", Name: "Alice", Email: "alice@example.com"},
	{ID: "2", Name: "Bob", Email: "bob@example.com"},
}

var orders = []order{
	{ID: "1", UserID: "1", Amount: 100.50},
	{ID: "2", UserID: "1", Amount: 200.75},
}

func main() {
	if len(os.Args) < 2 {
		fail("expected users or orders")
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	usersURL := flags.String("users", "", "where orders asks for users")
	flags.Parse(os.Args[2:])

	mux := http.NewServeMux()
	switch os.Args[1] {
	case "users":
		mux.HandleFunc("/users", listUsers)
		mux.HandleFunc("/users/", getUser)
	case "orders":
		mux.HandleFunc("/orders", listOrders(*usersURL))
	default:
		fail("expected users or orders")
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err.Error())
	}
	fmt.Fprintf(os.Stderr, "{\"message\":\"listening\",\"url\":\"http://%s\"}\n", listener.Addr())
	fail(http.Serve(listener, mux).Error())
}

func listUsers(w http.ResponseWriter, r *http.Request) {
	send(w, http.StatusOK, users)
}

func getUser(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.URL.Path, "/users/")
	for _, one := range users {
		if one.ID == id {
			send(w, http.StatusOK, one)
			return
		}
	}
	send(w, http.StatusNotFound, map[string]string{"code": "not_found"})
}

func listOrders(usersURL string) http.HandlerFunc {
	// The default keeps two idle connections per host, and would open one per request under load.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 256
	client := &http.Client{Transport: transport}

	return func(w http.ResponseWriter, r *http.Request) {
		userID := r.URL.Query().Get("user_id")
		response, err := client.Get(usersURL + "/users/" + userID)
		if err != nil {
			send(w, http.StatusBadGateway, map[string]string{"code": "users_unavailable"})
			return
		}
		defer response.Body.Close()
		var asked user
		err = json.NewDecoder(response.Body).Decode(&asked)
		if err != nil || response.StatusCode != http.StatusOK || asked.ID != userID {
			send(w, http.StatusNotFound, map[string]string{"code": "not_found"})
			return
		}
		found := []order{}
		for _, one := range orders {
			if one.UserID == userID {
				found = append(found, one)
			}
		}
		send(w, http.StatusOK, found)
	}
}

func send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}
