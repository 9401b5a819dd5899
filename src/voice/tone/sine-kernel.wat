;; The inner loops of the detectors of DTMF and of tones: sums of samples times sines. All data is in one memory.
;; Addresses are in bytes and given by the caller (sine-kernel.ts).
(module
  (memory (export "memory") 1)

  ;; Sums `slices` slices in a row, each of `length` samples of 16 bits. The table has 16 f32 for each sample of the
  ;; first half of a slice: the cosines of eight frequencies about its middle, and their sines. The two samples that are
  ;; equally far from the middle have the same cosines, and opposite sines. Writes at `out`, for each slice, 16 sums as
  ;; f32, then the energy as f64: 72 bytes.
  (func (export "keypad") (param $at i32) (param $length i32) (param $slices i32) (param $table i32) (param $out i32)
    (local $end i32) (local $last i32) (local $row i32) (local $one i32) (local $other i32) (local $energy i64)
    (local $even v128) (local $odd v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $slices)))
        (local.set $end (i32.add (local.get $at) (i32.shl (local.get $length) (i32.const 1))))
        (local.set $last (i32.sub (local.get $end) (i32.const 2)))
        (local.set $row (local.get $table))
        (local.set $energy (i64.const 0))
        (local.set $a (v128.const f32x4 0 0 0 0))
        (local.set $b (local.get $a))
        (local.set $c (local.get $a))
        (local.set $d (local.get $a))
        (block $full
          (loop $more
            (br_if $full (i32.gt_s (local.get $at) (local.get $last)))
            (local.set $one (i32.load16_s (local.get $at)))
            ;; The sample in the middle is its own partner.
            (local.set $other (select (i32.const 0) (i32.load16_s (local.get $last))
              (i32.eq (local.get $at) (local.get $last))))
            (local.set $energy (i64.add (local.get $energy) (i64.extend_i32_u (i32.add
              (i32.mul (local.get $one) (local.get $one)) (i32.mul (local.get $other) (local.get $other))))))
            (local.set $even (f32x4.splat (f32.convert_i32_s (i32.add (local.get $one) (local.get $other)))))
            (local.set $odd (f32x4.splat (f32.convert_i32_s (i32.sub (local.get $one) (local.get $other)))))
            (local.set $a (f32x4.add (local.get $a)
              (f32x4.mul (local.get $even) (v128.load (local.get $row)))))
            (local.set $b (f32x4.add (local.get $b)
              (f32x4.mul (local.get $even) (v128.load offset=16 (local.get $row)))))
            (local.set $c (f32x4.add (local.get $c)
              (f32x4.mul (local.get $odd) (v128.load offset=32 (local.get $row)))))
            (local.set $d (f32x4.add (local.get $d)
              (f32x4.mul (local.get $odd) (v128.load offset=48 (local.get $row)))))
            (local.set $at (i32.add (local.get $at) (i32.const 2)))
            (local.set $last (i32.sub (local.get $last) (i32.const 2)))
            (local.set $row (i32.add (local.get $row) (i32.const 64)))
            (br $more)))
        (v128.store align=4 (local.get $out) (local.get $a))
        (v128.store offset=16 align=4 (local.get $out) (local.get $b))
        (v128.store offset=32 align=4 (local.get $out) (local.get $c))
        (v128.store offset=48 align=4 (local.get $out) (local.get $d))
        (f64.store offset=64 (local.get $out) (f64.convert_i64_u (local.get $energy)))
        (local.set $at (local.get $end))
        (local.set $out (i32.add (local.get $out) (i32.const 72)))
        (local.set $slices (i32.sub (local.get $slices) (i32.const 1)))
        (br $next))))

  ;; Sums `count` samples, a multiple of 4, times a cosine and a sine of one frequency. The table has, for each four
  ;; samples, four cosines and four sines as f32. Writes at `out` both sums and the energy, as f32.
  (func (export "tone") (param $at i32) (param $count i32) (param $table i32) (param $out i32)
    (local $end i32) (local $four v128) (local $re v128) (local $im v128) (local $energy v128)
    (local.set $end (i32.add (local.get $at) (i32.shl (local.get $count) (i32.const 1))))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $four (f32x4.convert_i32x4_s (v128.load16x4_s align=2 (local.get $at))))
        (local.set $re (f32x4.add (local.get $re) (f32x4.mul (local.get $four) (v128.load (local.get $table)))))
        (local.set $im (f32x4.add (local.get $im)
          (f32x4.mul (local.get $four) (v128.load offset=16 (local.get $table)))))
        (local.set $energy (f32x4.add (local.get $energy) (f32x4.mul (local.get $four) (local.get $four))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (local.set $table (i32.add (local.get $table) (i32.const 32)))
        (br $more)))
    (f32.store (local.get $out) (call $total (local.get $re)))
    (f32.store offset=4 (local.get $out) (call $total (local.get $im)))
    (f32.store offset=8 (local.get $out) (call $total (local.get $energy))))

  (func $total (param $four v128) (result f32)
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $four)) (f32x4.extract_lane 1 (local.get $four)))
      (f32.add (f32x4.extract_lane 2 (local.get $four)) (f32x4.extract_lane 3 (local.get $four))))))
