;; A module with one tag, as compilers write them: a clause for it is one for the rest.
;;! catches(1) = 8
;;! catches(0) = 0
;;! cleans(1) = 7
;;! rethrown(1) = 17
;;! again(1) = 7
;;! again_all(1) = 7
;;! counted(5) = 5
(module
  (tag $a (param i32))
  (memory 1)
  (func $by (param i32) (result i32)
    (if (local.get 0) (then (throw $a (i32.const 7)))) (local.get 0))
  (func (export "catches") (param i32) (result i32)
    try (result i32) (call $by (local.get 0)) catch $a (i32.const 1) (i32.add) end)
  (func $clean (param i32) (result i32)
    try (result i32) (call $by (local.get 0))
    catch_all (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))) rethrow 0 end)
  (func (export "cleans") (param i32) (result i32)
    try (result i32) (call $clean (local.get 0)) catch $a end)
  (func (export "rethrown") (param i32) (result i32)
    try (result i32)
      try (result i32) (call $by (local.get 0)) catch $a (drop) rethrow 0 end
    catch $a (i32.const 10) (i32.add) end)
  ;; clauses that nothing gets to
  (func (export "again") (param i32) (result i32)
    try (result i32) (call $by (local.get 0)) catch $a catch $a (i32.const 1) (i32.add) end)
  (func (export "again_all") (param i32) (result i32)
    try (result i32) (call $by (local.get 0)) catch $a catch_all (i32.const 5) end)
  (func (export "counted") (param i32) (result i32) (local i32)
    (loop $l
      try (drop (call $clean (local.get 0))) catch $a (drop)
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get 1) (local.get 0)))
      end)
    (i32.load (i32.const 0))))
