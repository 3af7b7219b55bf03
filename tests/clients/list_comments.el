;; List the comments of an issue with ghub for Emacs, in the way of its own README:
;; `emacs --batch --load list_comments.el HOST:PORT`.

(package-initialize)
(require 'ghub)
(require 'json)

(let* ((ghub-insecure-hosts command-line-args-left)
       (comments (ghub-get "/repos/ada/blog/issues/41/comments" nil
                           :host (car command-line-args-left) :auth 'none :unpaginate t)))
  (princ (json-encode (list "ghub" (vconcat (mapcar (lambda (comment) (alist-get 'id comment)) comments)))))
  (terpri)
  (kill-emacs))
