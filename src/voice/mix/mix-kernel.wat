;; The inner loop of the mixer. Addresses are in bytes and given by the caller (mix-kernel.ts).
(module
  (memory (export "memory") 7)

  ;; Adds `count` s16 samples, times `gain`, to as many f32 sums. It computes as numbers of JavaScript do: in f64, each
  ;; sum rounded to f32.
  (func (export "add") (param $sums i32) (param $samples i32) (param $count i32) (param $gain f64)
    (local $end i32) (local $four i32)
    (local $eight v128) (local $low v128) (local $high v128) (local $g v128)
    (local.set $g (f64x2.splat (local.get $gain)))
    (local.set $end (i32.add (local.get $sums) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $four (i32.add (local.get $sums)
      (i32.shl (i32.and (local.get $count) (i32.const -4)) (i32.const 2))))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $sums) (local.get $four)))
        (local.set $eight (v128.load64_zero align=2 (local.get $samples)))
        (local.set $eight (i32x4.extend_low_i16x8_s (local.get $eight)))
        (local.set $low (v128.load align=4 (local.get $sums)))
        (local.set $high
          (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $low) (local.get $low)))
        (local.set $low (f32x4.demote_f64x2_zero (f64x2.add
          (f64x2.promote_low_f32x4 (local.get $low))
          (f64x2.mul (f64x2.convert_low_i32x4_s (local.get $eight)) (local.get $g)))))
        (local.set $eight
          (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $eight) (local.get $eight)))
        (local.set $high (f32x4.demote_f64x2_zero (f64x2.add
          (f64x2.promote_low_f32x4 (local.get $high))
          (f64x2.mul (f64x2.convert_low_i32x4_s (local.get $eight)) (local.get $g)))))
        (v128.store align=4 (local.get $sums)
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $low) (local.get $high)))
        (local.set $samples (i32.add (local.get $samples) (i32.const 8)))
        (local.set $sums (i32.add (local.get $sums) (i32.const 16)))
        (br $more)))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $sums) (local.get $end)))
        (f32.store (local.get $sums) (f32.demote_f64 (f64.add
          (f64.promote_f32 (f32.load (local.get $sums)))
          (f64.mul (f64.convert_i32_s (i32.load16_s (local.get $samples))) (local.get $gain)))))
        (local.set $samples (i32.add (local.get $samples) (i32.const 2)))
        (local.set $sums (i32.add (local.get $sums) (i32.const 4)))
        (br $more)))))
