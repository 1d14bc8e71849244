// The comments service.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"sync"

	"kit.example/httpkit"
	"kit.example/migrate"
)

type comment struct {
	Media int    `json:"media"`
	Text  string `json:"text"`
}

type board struct {
	mu       sync.Mutex
	comments []comment
}

func (b *board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Method == http.MethodPost {
		var said comment
		if err := json.NewDecoder(r.Body).Decode(&said); err != nil || said.Text == "" {
			httpkit.JSON(w, http.StatusBadRequest, map[string]string{"error": "media and text are needed"})
			return
		}
		b.comments = append(b.comments, said)
		httpkit.JSON(w, http.StatusCreated, said)
		return
	}
	httpkit.JSON(w, http.StatusOK, b.comments)
}

func main() {
	if _, err := migrate.Load("./migrations"); err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/health", httpkit.Health("comments", nil))
	mux.Handle("/api/comments/", &board{})
	if err := httpkit.Serve(":"+httpkit.Env("PORT", "8082"), mux); err != nil {
		log.Fatal(err)
	}
}
