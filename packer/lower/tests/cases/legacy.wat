;; The older encoding: clauses, rethrow, delegate.
;;! clauses(0) = 100
;;! clauses(1) = 1011
;;! clauses(2) = 2
;;! clauses(3) = 3
;;! rethrows(0) = 0
;;! rethrows(1) = 55
;;! rethrows(2) = 72
;;! rethrows(3) = 60
;;! rethrow_outer() = 71
;;! rethrow_all(1) = 111
;;! rethrow_all(2) = 222
;;! rethrow_all(3) = 300
;;! rethrow_deep(1) = 11
;;! rethrow_deep(2) = 22
;;! rethrow_deep(0) = 0
;;! delegate_try(0) = 0
;;! delegate_try(1) = 41
;;! delegate_try(2) = 5
;;! delegate_function(1) = 9
;;! delegate_block(1) = 2
;;! delegate_loop(1) = 14
;;! delegate_chain(2) = 23
;;! delegate_from_clause(1) = 33
;;! loop() = 113
;;! no_clause(1) throws in by
;;! no_clause(0) = 0
;;! multi(4) = 4 3
;;! multi(1) = 11 -1
;;! params(4) = 47
;;! params(1) = 111
;;! types(3) = 3 4 5 6
;;! out_of_clause(1) = 21
;;! out_of_clause(2) = 32
;;! out_of_clause(3) = 1
;;! out_of_clause(0) = 10
;;! throw_in_clause(1) = 66
;;! dead(1) = 12
;;! uncaught(2) throws in by
;;! tail(1) = 61
;;! rethrow_uncaught(1) throws in by
;;! try_in_clause(1) = 33
;;! same_tag_again(1) = 16
;;! after_all(1) = 1
(module
  (tag $a (param i32)) (tag $b (param i32)) (tag $n) (tag $t (param i32 i64 f32 f64))
  (func $by (param i32) (result i32)
    (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a (i32.const 11))))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $b (i32.const 22))))
    (if (i32.eq (local.get 0) (i32.const 3)) (then (throw $n)))
    (local.get 0))
  (func $clauses (export "clauses") (param i32) (result i32)
    try (result i32) (i32.add (i32.const 100) (call $by (local.get 0)))
    catch $a (i32.const 1000) (i32.add)
    catch $b (drop) (i32.const 2)
    catch_all (i32.const 3) end)
  (func (export "rethrows") (param i32) (result i32)
    try (result i32)
      try (result i32) (call $by (local.get 0))
      catch $a (drop) (throw $b (i32.const 5))
      catch_all (drop (call $clauses (i32.const 1))) (rethrow 0) end
    catch $b (i32.const 50) (i32.add)
    catch_all (i32.const 60) end)
  (func (export "rethrow_outer") (result i32)
    try (result i32)
      try $o (result i32) (throw $a (i32.const 1))
      catch $a (drop)
        try (result i32) (throw $b (i32.const 2))
        catch $b (drop) (rethrow $o) end
      end
    catch $a (i32.const 70) (i32.add)
    catch $b (i32.const 80) (i32.add) end)
  ;; of whatever tag, with others coming and going in between
  (func (export "rethrow_all") (param i32) (result i32)
    try (result i32)
      try (result i32) (call $by (local.get 0))
      catch_all
        try (throw $t (i32.const 9) (i64.const 9) (f32.const 9) (f64.const 9)) catch_all end
        (drop (call $clauses (i32.const 2)))
        rethrow 0 end
    catch $a (i32.const 100) (i32.add)
    catch $b (i32.const 200) (i32.add)
    catch_all (i32.const 300) end)
  ;; three kept at once
  (func (export "rethrow_deep") (param i32) (result i32)
    try (result i32)
      try $x (result i32) (drop (call $by (local.get 0))) (throw $n)
      catch_all
        try $y (result i32) (throw $n)
        catch_all
          try $z (result i32) (throw $t (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4))
          catch $t (drop) (drop) (drop) (drop)
            (if (i32.eqz (local.get 0)) (then (rethrow $z)))
            (if (i32.eq (local.get 0) (i32.const 7)) (then (rethrow $y)))
            (rethrow $x)
          end
        end
      end
    catch $a
    catch $b
    catch_all (i32.const 0) end)
  (func (export "delegate_try") (param i32) (result i32)
    try $o (result i32)
      try $i (result i32)
        try (result i32) (call $by (local.get 0)) delegate $o
      catch_all (i32.const 4) end
    catch $a (i32.const 30) (i32.add)
    catch_all (i32.const 5) end)
  (func $delegate_function (param i32) (result i32)
    try (result i32)
      try (result i32) (call $by (local.get 0)) delegate 1
    catch_all (i32.const 6) end)
  (func (export "delegate_function") (param i32) (result i32)
    try (result i32) (call $delegate_function (local.get 0)) catch_all (i32.const 9) end)
  (func (export "delegate_block") (param i32) (result i32)
    try (result i32)
      (block $k (result i32)
        try (result i32)
          try (result i32) (call $by (local.get 0)) delegate $k
        catch_all (i32.const 1) end)
    catch_all (i32.const 2) end)
  (func (export "delegate_loop") (param i32) (result i32) (local i32)
    (loop $l (result i32)
      try (result i32)
        (loop $k (result i32)
          try (result i32)
            try (result i32) (call $by (local.get 0)) delegate $k
          catch_all (i32.const 1) end)
      catch $a
        (local.set 1 (i32.add (local.get 1) (i32.const 1))) (drop)
        (br_if $l (i32.lt_u (local.get 1) (i32.const 4)))
        (i32.add (local.get 1) (i32.const 10))
      end))
  (func (export "delegate_chain") (param i32) (result i32)
    try $o (result i32)
      try $m (result i32)
        try (result i32)
          try (result i32)
            try (result i32) (call $by (local.get 0)) delegate 0
          delegate $m
        catch_all (i32.const 7) end
      delegate 0
    catch $b (i32.const 1) (i32.add) end)
  (func (export "delegate_from_clause") (param i32) (result i32)
    try $o (result i32)
      try $i (result i32) (throw $n)
      catch_all
        try (result i32) (call $by (local.get 0)) delegate $i
      end
    catch $a (i32.const 22) (i32.add)
    catch_all (i32.const 8) end)
  (func (export "loop") (result i32) (local i32 i32)
    (block $out (loop $l
      try (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (br_if $out (i32.gt_s (local.get 0) (i32.const 4)))
        try (drop (call $by (local.get 0))) end
        (local.set 1 (i32.add (local.get 1) (i32.const 100)))
        (br $l)
      catch $a (local.set 1 (i32.add (local.get 1))) (br $l)
      catch_all (local.set 1 (i32.add (local.get 1) (i32.const 1))) end
      (br $l)))
    (local.get 1))
  (func (export "no_clause") (param i32) (result i32)
    try (result i32) (call $by (local.get 0)) end)
  (func (export "multi") (param i32) (result i32 i32)
    try (result i32 i32) (call $by (local.get 0)) (i32.const 3)
    catch $a (i32.const -1)
    catch_all (i32.const 8) (i32.const 9) end)
  (func (export "params") (param i32) (result i32)
    (local.get 0) (i32.const 43)
    try (param i32 i32) (result i32)
      (i32.add) (drop (call $by (local.get 0))) (drop) (i32.const 43) (local.get 0) (i32.add)
    catch $a (i32.const 100) (i32.add)
    catch_all (i32.const 0) end)
  (func (export "types") (param i32) (result i32 i64 f32 f64)
    try (result i32 i64 f32 f64)
      try (result i32 i64 f32 f64) (throw $t (local.get 0) (i64.const 4) (f32.const 5) (f64.const 6))
      catch $t (drop) (drop) (drop) (drop) rethrow 0 end
    catch $t end)
  (func (export "out_of_clause") (param i32) (result i32)
    (block $x (result i32)
      (block $y (result i32)
        try (result i32) (call $by (local.get 0))
        catch $a (br $y)
        catch $b (i32.const 10) (i32.add) (return)
        catch_all (br $x (i32.const 1)) end)
      (i32.const 10) (i32.add)))
  (func (export "throw_in_clause") (param i32) (result i32)
    try (result i32)
      try (result i32) (call $by (local.get 0))
      catch $a (throw $b)
      catch $b (drop) (i32.const 0) end
    catch $b (i32.const 55) (i32.add) end)
  (func (export "dead") (param i32) (result i32)
    try (result i32) (throw $a (i32.const 12)) (i64.const 1) (drop) (f32.add) (drop) (i32.const 1) (i32.add)
    catch $a (return) (drop) (i32.const 4)
    catch_all (unreachable) end)
  (func (export "uncaught") (param i32) (result i32)
    try (result i32) (call $by (local.get 0)) catch $a catch $n (i32.const 1) end)
  (func $tail_in_clause (param i32) (result i32)
    try (result i32) (call $by (local.get 0)) catch $a (drop) (return (call $by (i32.const 2))) end)
  (func (export "tail") (param i32) (result i32)
    try (result i32) (call $tail_in_clause (local.get 0))
    catch $b (i32.const 39) (i32.add) end)
  (func (export "rethrow_uncaught") (param i32) (result i32)
    try (result i32) (call $by (local.get 0)) catch_all (rethrow 0) end)
  (func (export "try_in_clause") (param i32) (result i32)
    try (result i32) (call $by (local.get 0))
    catch $a
      try (param i32) (result i32) (drop (call $by (i32.const 2))) catch $b end
      (i32.const 11) (i32.add)
    end)
  (func (export "same_tag_again") (param i32) (result i32)
    try (result i32) (call $by (local.get 0))
    catch $a (i32.const 5) (i32.add)
    catch $a (i32.const 7) (i32.add) end)
  (func (export "after_all") (param i32) (result i32)
    try (result i32) (call $by (local.get 0))
    catch $a (drop) (i32.const 1) catch $b catch $n (i32.const 3)
    catch $t (drop) (drop) (drop)
    catch_all (i32.const 5) end))
